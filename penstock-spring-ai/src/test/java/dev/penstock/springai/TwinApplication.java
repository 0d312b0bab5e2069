package dev.penstock.springai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.Penstock;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * A Spring Boot application with Spring AI and Penstock as they come, in front of one twin of the API, for one test. Closing it
 * checks that nothing was left behind.
 */
final class TwinApplication implements AutoCloseable {
    final Emulator emulator;
    final ConfigurableApplicationContext context;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        /** Attempts follow each other quickly, so that tests do. */
        @Bean
        PenstockBuilderCustomizer quick() {
            return builder -> builder.retry(RetryPolicy.DEFAULT.withBackoff(
                    new Backoff(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(100))));
        }
    }

    private TwinApplication(Emulator emulator, Map<String, Object> properties, Class<?>... more) {
        this.emulator = emulator;
        Map<String, Object> all = new TreeMap<>(Map.of(
                "spring.main.banner-mode", "off",
                "logging.level.root", "off",
                "spring.ai.openai.base-url", emulator.baseUri().toString(),
                "spring.ai.openai.api-key", "any",
                "spring.ai.openai.chat.model", "gpt-4o-mini",
                "spring.ai.openai.chat.max-completion-tokens", "50"));
        all.putAll(properties);
        // Nothing of the machine that the tests run on.
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .forEach(source -> environment.getPropertySources().remove(source.getName()));
        environment.getPropertySources().addFirst(new MapPropertySource("test", all));
        List<Class<?>> sources = new ArrayList<>(List.of(Application.class));
        sources.addAll(Arrays.asList(more));
        context = new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
                .environment(environment)
                .web(WebApplicationType.NONE)
                .run();
    }

    static TwinApplication start(
            TwinSettings.Builder settings, Map<String, Object> properties, Class<?>... configurations) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(settings.build()));
        try {
            return new TwinApplication(emulator, properties, configurations);
        } catch (RuntimeException e) {
            emulator.close();
            throw e;
        }
    }

    static TwinApplication start(TwinSettings.Builder settings) {
        return start(settings, Map.of());
    }

    /** A twin that answers at once and refuses nothing. */
    static TwinSettings.Builder generous() {
        return TwinSettings.builder();
    }

    static TwinSettings.Builder faulty(String plan) {
        return TwinSettings.builder().faults(FaultPlan.parse(plan));
    }

    /** This many a second, and no burst beyond that. */
    static TwinSettings.Builder perSecond(int requests) {
        return TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60L * requests))))
                .shape(Shape.quantized())
                .latency(Latency.parse("20ms..60ms"));
    }

    <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    Penstock penstock() {
        return bean(Penstock.class);
    }

    static Prompt question(int number) {
        return new Prompt("Question " + number);
    }

    static String text(ChatResponse response) {
        return response.getResult() == null
                ? ""
                : String.valueOf(response.getResult().getOutput().getText());
    }

    /** What each call gives, all of them made at once. */
    static <T> List<T> atOnce(int from, int count, IntFunction<T> call) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<T>> running = new ArrayList<>();
            for (int i = from; i < from + count; i++) {
                int number = i;
                running.add(CompletableFuture.supplyAsync(() -> call.apply(number), threads));
            }
            return running.stream().map(CompletableFuture::join).toList();
        }
    }

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() - deadline < 0) {
            try {
                Thread.sleep(Duration.ofMillis(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    public void close() {
        try (emulator;
                context) {
            for (Penstock penstock : context.getBeansOfType(Penstock.class).values()) {
                until(() -> penstock.snapshot().running() == 0);
                assertThat(penstock.snapshot().waiting()).isZero();
                penstock.snapshot()
                        .lanes()
                        .forEach(lane -> assertThat(lane.quota().settledTwice()).isZero());
            }
        }
    }
}
