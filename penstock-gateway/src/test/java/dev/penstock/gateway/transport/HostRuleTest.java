package dev.penstock.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostRuleTest {
    private final HostRule loopback = new HostRule("127.0.0.1", Set.of());

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
        HostRule rule = new HostRule("10.0.0.5", Set.of("penstock.internal"));

        assertThat(rule.allows(List.of("10.0.0.5:8430"))).isTrue();
        assertThat(rule.allows(List.of("penstock.internal:8430"))).isTrue();
        assertThat(rule.allows(List.of("10.0.0.6:8430"))).isFalse();
    }

    @Test
    void whoListensEverywhereServesAddressesButNoUnknownNames() {
        HostRule rule = new HostRule("0.0.0.0", Set.of());

        assertThat(rule.allows(List.of("10.0.0.6:8430"))).isTrue();
        assertThat(rule.allows(List.of("[fd00::1]:8430"))).isTrue();
        assertThat(rule.allows(List.of("rebound.example:8430"))).isFalse();
    }

    @Test
    void onlyPagesOfThisMachineMayAsk() {
        assertThat(loopback.allowsOrigin("http://localhost:3000")).isTrue();
        assertThat(loopback.allowsOrigin("http://127.0.0.1:8080")).isTrue();
        for (String foreign : List.of("https://example.com", "null", "http://localhost.example:8429", "file://", "")) {
            assertThat(loopback.allowsOrigin(foreign)).as(foreign).isFalse();
        }
    }
}
