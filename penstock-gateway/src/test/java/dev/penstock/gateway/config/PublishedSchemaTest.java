package dev.penstock.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PublishedSchemaTest {
    private static final Path DOCS = Path.of("../docs/gateway-config.md");

    private static final Pattern BLOCK = Pattern.compile("(?s)```yaml\n(.*?)```");

    private final JsonNode schema = json(ConfigReader.schema());

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void itIsASchema() {
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                        .validate(schema))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/properties, 'zzz: 1'",
        "/properties/queue/properties, 'queue: {zzz: 1}'",
        "/$defs/upstream/properties, 'upstreams: [{zzz: 1}]'",
        "/$defs/upstream/properties/limits/items/properties, 'upstreams: [{limits: [{zzz: 1}]}]'",
        "/$defs/tenant/properties, 'tenants: [{zzz: 1}]'",
        "/$defs/tenant/properties/limits/properties, 'tenants: [{limits: {zzz: 1}}]'",
        "/$defs/tenant/properties/budget/properties, 'tenants: [{budget: {zzz: 1}}]'"
    })
    void itKnowsTheKeysThatTheReaderKnows(String pointer, String yaml) {
        List<String> inSchema = new ArrayList<>();
        schema.at(pointer).fieldNames().forEachRemaining(inSchema::add);
        ConfigException refusal = catchThrowableOfType(
                ConfigException.class,
                () -> ConfigReader.read(
                        Path.of("f"), yaml.getBytes(UTF_8), ConfigReaderTest.WITH_KEY, GivenSecrets.SOME));
        String list = refusal.problems().stream()
                .map(ConfigProblem::text)
                .filter(text -> text.startsWith("unknown key \"zzz\""))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*the keys are: ", "");
        assertThat(inSchema).containsExactlyInAnyOrder(list.split(", "));
    }

    @Test
    void everyKeyIsDescribed() {
        for (String pointer : List.of(
                "/properties",
                "/properties/queue/properties",
                "/$defs/upstream/properties",
                "/$defs/tenant/properties",
                "/$defs/tenant/properties/budget/properties")) {
            schema.at(pointer)
                    .properties()
                    .forEach(key -> assertThat(key.getValue().has("description"))
                            .as(key.getKey())
                            .isTrue());
        }
        for (String limit : List.of("rpm", "tpm", "rpd", "tpd")) {
            assertThat(schema.at("/$defs/" + limit).has("description"))
                    .as(limit)
                    .isTrue();
        }
    }

    static List<String> examplesInTheDocs() throws Exception {
        List<String> examples = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(DOCS));
        while (block.find()) {
            examples.add(block.group(1));
        }
        return examples;
    }

    @Test
    void theDocsHaveExamples() throws Exception {
        assertThat(examplesInTheDocs()).hasSizeGreaterThan(4);
    }

    @ParameterizedTest
    @MethodSource("examplesInTheDocs")
    void examplesInTheDocsAreRight(String yaml) {
        GatewayConfig config = ConfigReader.read(
                Path.of("gateway.yaml"), yaml.getBytes(UTF_8), ConfigReaderTest.WITH_KEY, GivenSecrets.SOME);
        assertThat(config.upstreams()).isNotEmpty();
        assertThat(PublishedSchema.complaints(yaml)).isEmpty();
    }

    /** Every key once, each with its default or a value; a key that the docs forget is found by what the schema knows. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/properties",
                "/properties/queue/properties",
                "/$defs/upstream/properties",
                "/$defs/upstream/properties/limits/items/properties",
                "/$defs/tenant/properties",
                "/$defs/tenant/properties/budget/properties"
            })
    void theDocsNameEveryKey(String pointer) throws Exception {
        String docs = Files.readString(DOCS);
        schema.at(pointer).fieldNames().forEachRemaining(key -> assertThat(docs).contains("`" + key + "`"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "keep-alive: 1m30s",
                "keep-alive: 1500ms",
                "queue: {bytes: 2048, body: 2_048}",
                "queue: {bytes: \"2KiB\"}",
                "queue: {requests: \"500\"}",
                "join-identical: True"
            })
    void whatTheReaderTakesTheSchemaTakes(String yaml) {
        assertThat(ConfigReader.read(Path.of("f"), yaml.getBytes(UTF_8), ConfigReaderTest.WITH_KEY, GivenSecrets.SOME)
                        .upstreams())
                .hasSize(1);
        assertThat(PublishedSchema.complaints(yaml)).isEmpty();
    }
}
