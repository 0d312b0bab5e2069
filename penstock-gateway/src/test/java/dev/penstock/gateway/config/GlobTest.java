package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4o, gpt-4o, true",
        "gpt-4o, gpt-4o-mini, false",
        "gpt-4o, GPT-4o, false",
        "gpt-*, gpt-4o, true",
        "gpt-*, gpt-, true",
        "gpt-*, o3, false",
        "*, anything, true",
        "*, '', true",
        "'', '', true",
        "'', a, false",
        "*-mini, gpt-4o-mini, true",
        "*-mini, gpt-4o-mini-mini, true",
        "*-mini, gpt-4o-minis, false",
        "g*4*i, gpt-4o-mini, true",
        "a**b, ab, true",
        "gpt.4o, gpt-4o, false",
        "gpt-?, gpt-4, false"
    })
    void onlyTheStarStandsForOtherCharacters(String pattern, String name, boolean matches) {
        assertThat(new Glob(pattern).matches(name)).isEqualTo(matches);
    }

    @Test
    void itAgreesWithARegularExpressionOnAllShortNames() {
        long seed = 20261124;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int matched = 0;
        for (int i = 0; i < 20_000; i++) {
            String pattern = word(random, "ab*");
            String name = word(random, "ab");
            boolean expected = Pattern.matches(pattern.replace("*", ".*"), name);
            assertThat(new Glob(pattern).matches(name))
                    .as("%s of %s, seed %d", pattern, name, seed)
                    .isEqualTo(expected);
            matched += expected ? 1 : 0;
        }
        assertThat(matched).isBetween(1_000, 19_000);
    }

    private static String word(RandomGenerator random, String letters) {
        StringBuilder word = new StringBuilder();
        for (int length = random.nextInt(8); length > 0; length--) {
            word.append(letters.charAt(random.nextInt(letters.length())));
        }
        return word.toString();
    }

    @Test
    void aSnapshotGoesWithItsFamilyAndAFineTunedModelDoesNot() {
        List<String> patterns = List.of("gpt-4o");
        assertThat(Glob.allow(patterns, "gpt-4o")).isTrue();
        assertThat(Glob.allow(patterns, "gpt-4o-2024-08-06")).isTrue();
        assertThat(Glob.allow(patterns, "gpt-4o-mini")).isFalse();
        assertThat(Glob.allow(patterns, "ft:gpt-4o-2024-08-06:acme::abc")).isFalse();
        assertThat(Glob.allow(List.of("ft:gpt-4o*:acme:*"), "ft:gpt-4o-2024-08-06:acme::abc"))
                .isTrue();
        assertThat(Glob.allow(List.of(), "anything")).isTrue();
    }
}
