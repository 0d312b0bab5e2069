package dev.penstock.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SpecimenTest {
    static List<Specimens.Specimen> specimens() {
        return Specimens.all();
    }

    @ParameterizedTest
    @MethodSource("specimens")
    void eachSpecimenIsToldForWhatItIs(Specimens.Specimen specimen) {
        assertThat(Specimens.kinds(Specimens.scan(specimen.text())))
                .as(specimen.text())
                .isEqualTo(specimen.expected());
    }

    @Test
    void thereAreEnoughOfThem() {
        assertThat(specimens()).hasSizeGreaterThanOrEqualTo(120);
    }

    @Test
    void noKeyAndNoPromptIsQuoted() {
        for (Specimens.Specimen specimen : specimens()) {
            for (Group group : Specimens.scan(specimen.text()).groups()) {
                assertThat(group.evidence())
                        .as(specimen.name())
                        .doesNotContain("sk-", "PROMPT-7731", "org-Ab12Cd", "proj_Xy99", "Bearer ")
                        .isNotBlank();
            }
        }
    }

    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aSpecimenCutAnywhereBreaksNothingAndIsNeverMoreThanItWas() {
        for (Specimens.Specimen specimen : specimens()) {
            byte[] whole = specimen.text().getBytes(StandardCharsets.UTF_8);
            if (whole.length > 1_500) {
                continue;
            }
            long most = Math.max(1, Specimens.scan(whole).refused());
            for (int length = 0; length < whole.length; length++) {
                byte[] part = java.util.Arrays.copyOf(whole, length);
                assertThat(Specimens.scan(part).refused())
                        .as("%s cut after %d bytes", specimen.name(), length)
                        .isLessThanOrEqualTo(most);
            }
        }
    }

    @Test
    void allOfThemInOneFileAreCountedAsOneByOne() {
        StringBuilder file = new StringBuilder();
        long expected = 0;
        for (Specimens.Specimen specimen : specimens()) {
            // Far enough apart that none is taken for the rest of another one.
            file.append(specimen.text()).append("\n\n").append("INFO nothing\n".repeat(130));
            expected += Specimens.scan(specimen.text()).refused();
        }
        assertThat(Specimens.scan(file.toString()).refused()).isEqualTo(expected);
    }
}
