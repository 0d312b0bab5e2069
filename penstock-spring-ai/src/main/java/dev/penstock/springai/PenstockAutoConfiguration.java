package dev.penstock.springai;

import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.PenstockMetrics;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * One {@link Penstock} for the application, through which all its OpenAI models of Spring AI go, whoever defined them; a health
 * indicator and metrics where the application has the means. {@code penstock.enabled=false} switches all of it off. An own bean
 * of type {@link Penstock} takes the place of the one from here, and the properties are not looked at then.
 */
@AutoConfiguration
@EnableConfigurationProperties(PenstockProperties.class)
@ConditionalOnProperty(name = "penstock.enabled", havingValue = "true", matchIfMissing = true)
public final class PenstockAutoConfiguration {
    /** For Spring. */
    public PenstockAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    Penstock penstock(PenstockProperties properties, ObjectProvider<PenstockBuilderCustomizer> customizers) {
        Penstock.Builder builder = Penstock.builder();
        properties.applyTo(builder);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(OpenAiChatModel.class)
    static class OpenAi {
        /** Static, and asking for its Penstock late, as it is made before other beans. */
        @Bean
        static BeanPostProcessor penstockOpenAiModels(ObjectProvider<Penstock> penstock) {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return PenstockOpenAiModels.paceIfKnown(bean, penstock::getObject);
                }
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class HealthConfiguration {
        @Bean
        @ConditionalOnEnabledHealthIndicator("penstock")
        @ConditionalOnMissingBean(name = "penstockHealthIndicator")
        HealthIndicator penstockHealthIndicator(Penstock penstock) {
            return new PenstockHealthIndicator(penstock);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterBinder.class)
    static class Metrics {
        @Bean
        @ConditionalOnMissingBean
        PenstockMetrics penstockMetrics(Penstock penstock) {
            return new PenstockMetrics(penstock);
        }
    }
}
