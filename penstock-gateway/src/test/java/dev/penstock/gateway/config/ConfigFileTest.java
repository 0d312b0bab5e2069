package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigFileTest {
    private static final ConfigFile.Check UNCHANGED = new ConfigFile.Check.Unchanged();

    @TempDir
    private Path folder;

    private Path file;
    private Path key;

    @BeforeEach
    void nameTheFiles() {
        file = folder.resolve("gateway.yaml");
        key = folder.resolve("openai.key");
    }

    private ConfigFile open(String yaml) throws IOException {
        Files.writeString(file, yaml);
        return ConfigFile.open(file, ConfigReaderTest.WITH_KEY, SecretSource.of(Map.of()));
    }

    private static String attempts(int attempts) {
        return "queue: {attempts: " + attempts + "}\n";
    }

    private static int attempts(ConfigFile.Check check) {
        assertThat(check).isInstanceOf(ConfigFile.Check.Changed.class);
        return ((ConfigFile.Check.Changed) check).config().queue().maxAttempts();
    }

    @Test
    void aFileThatStaysIsUnchanged() throws IOException {
        ConfigFile config = open(attempts(2));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.current().queue().maxAttempts()).isEqualTo(2);
    }

    @Test
    void aChangeCountsOnceItWasSeenTwice() throws IOException {
        ConfigFile config = open(attempts(2));
        FileTime before = Files.getLastModifiedTime(file);
        Files.writeString(file, attempts(3));
        Files.setLastModifiedTime(file, before);
        assertThat(config.check()).as("perhaps it is still being written").isEqualTo(UNCHANGED);
        assertThat(config.current().queue().maxAttempts()).isEqualTo(2);
        assertThat(attempts(config.check())).isEqualTo(3);
        assertThat(config.current().queue().maxAttempts()).isEqualTo(3);
        assertThat(config.check()).isEqualTo(UNCHANGED);
    }

    @Test
    void aFileThatIsBeingWrittenIsNotReadByHalves() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.writeString(file, "queue: {atte");
        assertThat(config.check()).isEqualTo(UNCHANGED);
        Files.writeString(file, attempts(3));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(attempts(config.check())).isEqualTo(3);
    }

    @Test
    void aBrokenFileIsToldOnceAndTheOldConfigurationStays() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.writeString(file, attempts(0));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        ConfigFile.Check check = config.check();
        assertThat(check).isInstanceOf(ConfigFile.Check.Broken.class);
        assertThat(((ConfigFile.Check.Broken) check).problems())
                .containsExactly(new ConfigProblem(
                        file.toString(),
                        1,
                        19,
                        "attempts is \"0\"; it must be a whole number from 1 to 20, such as 6"));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.current().queue().maxAttempts()).isEqualTo(2);
    }

    @Test
    void aBrokenFileThatIsPutBackIsToldAsChanged() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.writeString(file, attempts(0));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isInstanceOf(ConfigFile.Check.Broken.class);
        Files.writeString(file, attempts(2));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(attempts(config.check())).isEqualTo(2);
    }

    @Test
    void aFileThatIsTakenAwayIsToldAndTheOldConfigurationStays() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.delete(file);
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check())
                .isEqualTo(new ConfigFile.Check.Broken(List.of(new ConfigProblem(
                        file.toString(),
                        0,
                        0,
                        "does not exist; give the path of a YAML file such as examples/gateway.yaml"))));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.current().queue().maxAttempts()).isEqualTo(2);
    }

    @Test
    void aFileThatIsAwayBetweenTwoLooksIsNotMissed() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.delete(file);
        assertThat(config.check()).isEqualTo(UNCHANGED);
        Files.writeString(file, attempts(2));
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isEqualTo(UNCHANGED);
    }

    @Test
    void anExchangedKeyIsAChange() throws IOException {
        Files.writeString(key, "sk-old");
        ConfigFile config = open("upstreams: [{name: main, url: \"https://a.example/v1\", key-file: openai.key}]");
        assertThat(config.check()).isEqualTo(UNCHANGED);
        Files.writeString(key, "sk-new");
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isInstanceOf(ConfigFile.Check.Changed.class);
        assertThat(config.current().upstreams().getFirst().key().map(Secret::reveal))
                .contains("sk-new");
        assertThat(config.check()).isEqualTo(UNCHANGED);
    }

    @Test
    void aKeyThatWasMissingMendsTheFileWhenItComes() throws IOException {
        ConfigFile config = open(attempts(2));
        Files.writeString(file, "upstreams: [{name: main, url: \"https://a.example/v1\", key-file: openai.key}]");
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isInstanceOf(ConfigFile.Check.Broken.class);
        assertThat(config.check()).isEqualTo(UNCHANGED);
        Files.writeString(key, "sk-new");
        assertThat(config.check()).isEqualTo(UNCHANGED);
        assertThat(config.check()).isInstanceOf(ConfigFile.Check.Changed.class);
    }

    @Test
    void aFileThatIsBrokenFromTheBeginningIsRefused() {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> open(attempts(0)))
                .withMessage("%s:1:19: attempts is \"0\"; it must be a whole number from 1 to 20, such as 6", file);
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> ConfigFile.open(folder, ConfigReaderTest.WITH_KEY, SecretSource.of(Map.of())))
                .withMessageStartingWith(folder + ": is a folder; give the path of a YAML file");
    }

    @Test
    void keysComeFromTheGivenVariables() throws IOException {
        Files.writeString(file, "upstreams: [{name: main, url: \"https://a.example/v1\", key-env: THE_KEY}]");
        ConfigFile config =
                ConfigFile.open(file, ConfigReaderTest.WITH_KEY, SecretSource.of(Map.of("THE_KEY", "sk-x")));
        assertThat(config.current().upstreams().getFirst().key().map(Secret::reveal))
                .contains("sk-x");
    }
}
