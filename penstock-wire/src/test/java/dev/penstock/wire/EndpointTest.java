package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @EnumSource(Endpoint.class)
    void everyEndpointIsFoundByItsPath(Endpoint endpoint) {
        assertThat(Endpoint.ofPath(endpoint.path())).contains(endpoint);
        assertThat(Endpoint.ofPath(endpoint.path() + "?api-version=1")).contains(endpoint);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/v1/models",
                "/v1/images",
                "/v1/audio/speech/",
                "/v1/responses/resp_1",
                "v1/responses",
                "/v1/chat/completions/"
            })
    void otherPathsHaveNoEndpoint(String path) {
        assertThat(Endpoint.ofPath(path)).isEmpty();
    }
}
