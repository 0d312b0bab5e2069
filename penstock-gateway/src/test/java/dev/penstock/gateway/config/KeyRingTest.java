package dev.penstock.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyRingTest {
    private static final Tenant SEARCH = Tenant.unknown("search");
    private static final Tenant REPORTS = Tenant.unknown("reports");

    private final VirtualKey search = VirtualKey.create(new SecureRandom());
    private final VirtualKey searchToo = VirtualKey.create(new SecureRandom());
    private final VirtualKey reports = VirtualKey.create(new SecureRandom());
    private final KeyRing ring =
            KeyRing.of(Map.of(search.hash(), SEARCH, searchToo.hash(), SEARCH, reports.hash(), REPORTS));

    @Test
    void eachKeyOpensForItsTenant() {
        assertThat(ring.find(search.secret().reveal())).contains(SEARCH);
        assertThat(ring.find(searchToo.secret().reveal())).contains(SEARCH);
        assertThat(ring.find(reports.secret().reveal())).contains(REPORTS);
        assertThat(ring.tenants()).containsExactlyInAnyOrder(SEARCH, REPORTS);
        assertThat(ring.isOpen()).isFalse();
    }

    @Test
    void nothingElseOpens() {
        String key = search.secret().reveal();
        for (String other : Set.of(
                "",
                " ",
                key + " ",
                key.substring(1),
                key.toUpperCase(java.util.Locale.ROOT),
                search.hash().toString())) {
            assertThat(ring.find(other)).isEmpty();
        }
    }

    @Test
    void anOpenRingKnowsNobody() {
        assertThat(KeyRing.open().isOpen()).isTrue();
        assertThat(KeyRing.open().find(search.secret().reveal())).isEmpty();
        assertThat(KeyRing.open().find(""))
                .as("what unknown keys are compared with")
                .isEmpty();
        assertThat(KeyRing.open().tenants()).isEmpty();
    }

    @Test
    void aRingWithoutKeysIsRefusedAsNobodyCouldComeIn() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeyRing.of(Map.of()))
                .withMessage("there is no virtual key; give at least one, or leave the gateway open");
    }

    @Test
    void aKeyIs256BitsOfChanceAndReadsBackFromItsHash() {
        SecureRandom bytes = new SecureRandom() {
            @Override
            public void nextBytes(byte[] target) {
                Arrays.fill(target, (byte) 0xff);
            }
        };
        VirtualKey key = VirtualKey.create(bytes);
        assertThat(key.secret().reveal()).isEqualTo("psk-__________________________________________8");
        assertThat(KeyHash.parse(key.hash().toString())).contains(key.hash());
        assertThat(key.toString()).doesNotContain("psk-");
    }

    @Test
    void keysDiffer() {
        SecureRandom random = new SecureRandom();
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            assertThat(keys.add(VirtualKey.create(random).secret().reveal())).isTrue();
        }
        assertThat(keys).allMatch(key -> key.matches("psk-[A-Za-z0-9_-]{43}"));
    }

    /** The value is that of {@code printf %s abc | sha256sum}, which the docs tell people to use. */
    @Test
    void theHashIsThatOfOtherPrograms() {
        assertThat(KeyHash.of("abc"))
                .hasToString("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(KeyHash.parse("sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"))
                .contains(KeyHash.of("abc"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "abc",
                "sha256:",
                "sha256:ba78",
                "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0"
            })
    void whatIsNoHashIsNotReadAsOne(String text) {
        assertThat(KeyHash.parse(text)).isEmpty();
    }

    @Test
    void secretsAreComparedWithoutBeingShown() {
        assertThat(new Secret("a").isSame(new Secret("a"))).isTrue();
        assertThat(new Secret("a").isSame(new Secret("b"))).isFalse();
        assertThat(new Secret("a")).hasToString("(secret)");
    }
}
