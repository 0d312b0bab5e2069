package dev.penstock.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostRuleTest {
    private static final URI BASE = URI.create("http://127.0.0.1:8429/v1");

    private final HostRule loopback = new HostRule(AdminSettings.loopback(8430, BASE));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1:8430",
                "127.0.0.1",
                "localhost:9000",
                "LOCALHOST",
                "localhost.",
                "[::1]:8430",
                "127.8.9.1"
            })
    void loopbackIsServedOnAnyPort(String host) {
        assertThat(loopback.allows(List.of(host))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rebound.example:8430",
                "127.0.0.1.example",
                "localhost.example",
                "notlocalhost",
                "10.0.0.5:8430",
                "[::2]",
                "127.0.0.1:8430:1",
                "user@127.0.0.1",
                "localhost/",
                "[::1",
                ""
            })
    void everyOtherNameIsRefused(String host) {
        assertThat(loopback.allows(List.of(host))).isFalse();
    }

    @Test
    void noHostAndTwoHostsAreRefused() {
        assertThat(loopback.allows(List.of())).isFalse();
        assertThat(loopback.allows(List.of("localhost", "localhost"))).isFalse();
    }

    @Test
    void configuredNamesAndAddressesAreServed() {
        HostRule rule = new HostRule(new AdminSettings("10.0.0.5", 8430, Set.of("Penstock.internal"), BASE));

        assertThat(rule.allows(List.of("10.0.0.5:8430"))).isTrue();
        assertThat(rule.allows(List.of("penstock.internal:8430"))).isTrue();
        assertThat(rule.allows(List.of("10.0.0.6:8430"))).isFalse();
    }

    @Test
    void whoListensEverywhereServesAddressesButNoUnknownNames() {
        HostRule rule = new HostRule(new AdminSettings("0.0.0.0", 8430, Set.of(), BASE));

        assertThat(rule.allows(List.of("10.0.0.6:8430"))).isTrue();
        assertThat(rule.allows(List.of("[fd00::1]:8430"))).isTrue();
        assertThat(rule.allows(List.of("rebound.example:8430"))).isFalse();
    }
}
