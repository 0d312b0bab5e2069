package dev.penstock.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ApiErrorTest {
    @Test
    void anErrorHasTheShapeThatClientsKnow() {
        ApiError error = ApiError.invalid(400, "bad", "It says \"no\".").about("model");

        assertThat(error.body().toString())
                .isEqualTo("{\"error\":{\"message\":\"It says \\\"no\\\".\",\"type\":\"invalid_request_error\","
                        + "\"param\":\"model\",\"code\":\"bad\"}}");
        assertThat(error.headers()).containsExactly(java.util.Map.entry("content-type", "application/json"));
        assertThat(error.event().toString()).isEqualTo("event: error\ndata: " + error.body() + "\n\n");
        assertThat(ApiError.of(500, "server_error", null, "x").body().toString())
                .endsWith("\"param\":null,\"code\":null}}");
    }

    @Test
    void aWaitIsNeverRoundedDown() {
        ApiError error = ApiError.of(429, "requests", "queue_full", "x")
                .retryAfter(Duration.ofNanos(1_000_000_001))
                .shouldRetry(false);

        assertThat(error.headers())
                .containsEntry("retry-after", "2")
                .containsEntry("retry-after-ms", "1001")
                .containsEntry("x-should-retry", "false");
    }
}
