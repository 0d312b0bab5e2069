package dev.penstock.springai;

import static dev.penstock.springai.TwinApplication.generous;
import static dev.penstock.springai.TwinApplication.question;
import static dev.penstock.springai.TwinApplication.text;
import static dev.penstock.springai.TwinApplication.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.Ask;
import dev.penstock.pacing.Grant;
import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.PenstockMetrics;
import dev.penstock.pacing.QueueFullException;
import dev.penstock.quota.QuotaSnapshot;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiAudioSpeechModel;
import org.springframework.ai.openai.OpenAiAudioTranscriptionModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiImageModel;
import org.springframework.ai.openai.OpenAiModerationModel;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Spring Boot makes of the properties and of what is on the class path. */
@Timeout(60)
final class PenstockAutoConfigurationTest {
    @Test
    void everyKindOfModelIsPaced() {
        try (TwinApplication twin = TwinApplication.start(generous())) {
            for (Class<?> type : List.of(
                    OpenAiChatModel.class,
                    OpenAiEmbeddingModel.class,
                    OpenAiImageModel.class,
                    OpenAiModerationModel.class,
                    OpenAiAudioSpeechModel.class,
                    OpenAiAudioTranscriptionModel.class)) {
                Object model = twin.bean(type);
                assertThat(PenstockOpenAiModels.paceIfKnown(model, twin::penstock))
                        .as(type.getSimpleName())
                        .isSameAs(model);
            }
        }
    }

    @Test
    void switchedOffNothingIsPaced() {
        try (TwinApplication twin = TwinApplication.start(generous(), Map.of("penstock.enabled", "false"))) {
            assertThat(twin.context.getBeansOfType(Penstock.class)).isEmpty();
            assertThat(twin.context.getBeansOfType(PenstockMetrics.class)).isEmpty();
            assertThat(text(twin.bean(ChatModel.class).call(question(1)))).isNotBlank();
        }
    }

    @Test
    void propertiesSayWhatIsKnownBeforehand() {
        Map<String, Object> known = Map.of(
                "penstock.tokens-per-minute", "123456",
                "penstock.requests-per-minute", "77",
                "penstock.max-waiting", "42",
                "penstock.tier", "tier-1",
                "penstock.concurrency", "3");
        try (TwinApplication twin = TwinApplication.start(generous(), known)) {
            assertThat(text(twin.bean(ChatModel.class).call(question(1)))).isNotBlank();

            assertThat(twin.penstock().snapshot().maxWaiting()).isEqualTo(42);
            assertThat(twin.penstock()
                            .snapshot()
                            .lane("gpt-4o-mini")
                            .orElseThrow()
                            .quota()
                            .levels())
                    .extracting(QuotaSnapshot.Level::limit)
                    .contains(
                            new Limit(Dimension.REQUESTS_PER_MINUTE, 77),
                            new Limit(Dimension.TOKENS_PER_MINUTE, 123_456));
        }
    }

    @Test
    void aPropertyThatCannotBeStopsTheApplicationAndSaysWhy() {
        assertThatThrownBy(() -> TwinApplication.start(generous(), Map.of("penstock.tier", "gold")))
                .rootCause()
                .hasMessageContaining("tier is 'gold'");
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnPenstock {
        static final Penstock OWN = Penstock.create();

        @Bean
        Penstock own() {
            return OWN;
        }
    }

    @Test
    void aPenstockOfTheApplicationTakesThePlaceOfTheAutomaticOne() {
        try (TwinApplication twin = TwinApplication.start(generous(), Map.of(), OwnPenstock.class)) {
            assertThat(twin.penstock()).isSameAs(OwnPenstock.OWN);
            assertThat(text(twin.bean(ChatModel.class).call(question(1)))).isNotBlank();
            assertThat(OwnPenstock.OWN.snapshot().granted()).isEqualTo(1);
        }
    }

    @Test
    void theHealthIndicatorSaysWhatIsWaitedForAndIsOutOfServiceWhileTheQueueIsFull() throws InterruptedException {
        Map<String, Object> narrow = Map.of("penstock.concurrency", "1", "penstock.max-waiting", "1");
        try (TwinApplication twin = TwinApplication.start(generous(), narrow)) {
            HealthIndicator indicator = twin.context.getBean("penstockHealthIndicator", HealthIndicator.class);
            Penstock penstock = twin.penstock();
            Health calm = health(indicator);
            CompletableFuture<Grant> waiting;
            Health full;
            try (Grant running = penstock.acquire(Ask.request("gpt-4o-mini"))) {
                waiting = penstock.acquireAsync(Ask.request("gpt-4o-mini"));
                full = health(indicator);
                assertThat(running.ask().family()).isEqualTo("gpt-4o-mini");
                assertThatThrownBy(() -> twin.bean(ChatModel.class).call(question(1)))
                        .isInstanceOf(QueueFullException.class);
            }
            waiting.join().close();

            assertThat(calm.getStatus()).isEqualTo(Status.UP);
            assertThat(full.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
            assertThat(full.getDetails()).containsEntry("waiting", 1).containsEntry("running", 1);
            assertThat(String.valueOf(full.getDetails().get("waitsFor"))).contains("gpt-4o-mini");
            assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
        }
    }

    private static Health health(HealthIndicator indicator) {
        return Objects.requireNonNull(indicator.health());
    }

    @Test
    void theHealthIndicatorCanBeSwitchedOff() {
        try (TwinApplication twin =
                TwinApplication.start(generous(), Map.of("management.health.penstock.enabled", "false"))) {
            assertThat(twin.context.containsBean("penstockHealthIndicator")).isFalse();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Registry {
        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }
    }

    @Test
    void metricsAreInTheApplicationsRegistry() {
        try (TwinApplication twin = TwinApplication.start(generous(), Map.of(), Registry.class)) {
            assertThat(text(twin.bean(ChatModel.class).call(question(1)))).isNotBlank();

            MeterRegistry registry = twin.bean(MeterRegistry.class);
            assertThat(registry.find("penstock.pacing.running").gauge()).isNotNull();
            until(() -> registry.getMeters().stream()
                    .anyMatch(meter -> "gpt-4o-mini".equals(meter.getId().getTag("family"))));
        }
    }

    @Test
    void theMetadataNamesEveryPropertyAndNoOthers() throws IOException {
        List<String> expected = Arrays.stream(PenstockProperties.class.getRecordComponents())
                .map(RecordComponent::getName)
                .map(name -> "penstock." + name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .toList();

        assertThat(propertiesOfTheMetadata()).containsExactlyInAnyOrderElementsOf(expected);
    }

    private static List<String> propertiesOfTheMetadata() throws IOException {
        List<String> names = new ArrayList<>();
        // Spring's own have the same name.
        for (URL url : Collections.list(PenstockProperties.class
                .getClassLoader()
                .getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = url.openStream();
                    JsonParser json = new JsonFactory().createParser(in)) {
                boolean properties = false;
                while (json.nextToken() != null) {
                    if (json.currentToken() == JsonToken.START_ARRAY
                            && json.getParsingContext().getParent().inObject()) {
                        properties = "properties"
                                .equals(json.getParsingContext().getParent().getCurrentName());
                    }
                    if (properties
                            && json.currentToken() == JsonToken.VALUE_STRING
                            && "name".equals(json.currentName())
                            && json.getText().startsWith("penstock.")) {
                        names.add(json.getText());
                    }
                }
            }
        }
        return names;
    }

    @Test
    void aModelThatKeepsItsClientElsewhereIsToldSo() {
        assertThatThrownBy(() -> new ModelParts("text").get("openAiClient", Duration.class))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has no Duration openAiClient");
    }
}
