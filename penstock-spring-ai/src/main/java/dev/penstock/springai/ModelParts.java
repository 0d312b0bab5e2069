package dev.penstock.springai;

import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/**
 * What a model was built from. Spring AI has no way to ask for it, or to build a model like another with a different client;
 * reading it keeps whatever address, credentials and settings the client was given.
 */
final class ModelParts {
    private final Object model;

    ModelParts(Object model) {
        this.model = model;
    }

    <T> T get(String name, Class<T> type) {
        try {
            Field field = model.getClass().getDeclaredField(name);
            field.setAccessible(true);
            Object value = field.get(model);
            if (type.isInstance(value)) {
                return type.cast(value);
            }
            throw unknown(name, type, null);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw e instanceof IllegalStateException known ? known : unknown(name, type, e);
        }
    }

    private IllegalStateException unknown(String name, Class<?> type, @Nullable Exception e) {
        return new IllegalStateException(
                model.getClass().getName() + " has no " + type.getSimpleName() + " " + name
                        + ", as that of Spring AI 2.0 has; use a release of penstock-spring-ai for your Spring AI, or set"
                        + " penstock.enabled=false and give the model a client that PenstockOpenAI.pace made",
                e);
    }
}
