package dev.penstock.jobs.doctor;

import java.util.Locale;

/** Whose habits a server has, by its headers and its name. What it says of limits is read accordingly. */
public enum Dialect {
    OPENAI("OpenAI"),
    AZURE("Azure OpenAI"),
    GROQ("Groq"),
    OPENROUTER("OpenRouter"),
    ANTHROPIC("Anthropic"),
    VLLM("vLLM"),
    PENSTOCK("a Penstock gateway"),
    UNKNOWN("a server of its own kind");

    private final String label;

    Dialect(String label) {
        this.label = label;
    }

    /** The name for people. */
    public String label() {
        return label;
    }

    /** Headers are believed before names, as a proxy has a name of its own. */
    static Dialect of(Probe probe, String host) {
        if (probe.has("x-penstock-attempts") || probe.has("x-penstock-queue-ms")) {
            return PENSTOCK;
        }
        if (probe.has("apim-request-id") || probe.has("x-ms-region") || probe.has("azureml-model-session")) {
            return AZURE;
        }
        if (probe.has("x-groq-region")) {
            return GROQ;
        }
        if (probe.headers().keySet().stream().anyMatch(name -> name.startsWith("anthropic-"))) {
            return ANTHROPIC;
        }
        if (probe.has("openai-version") || probe.has("openai-processing-ms") || probe.has("openai-organization")) {
            return OPENAI;
        }
        String name = host.toLowerCase(Locale.ROOT);
        if (isOrIsBelow(name, "openai.azure.com") || isOrIsBelow(name, "services.ai.azure.com")) {
            return AZURE;
        }
        if (isOrIsBelow(name, "api.openai.com")) {
            return OPENAI;
        }
        if (isOrIsBelow(name, "groq.com")) {
            return GROQ;
        }
        if (isOrIsBelow(name, "openrouter.ai")) {
            return OPENROUTER;
        }
        if (isOrIsBelow(name, "anthropic.com")) {
            return ANTHROPIC;
        }
        return isVllm(probe) ? VLLM : UNKNOWN;
    }

    private static boolean isVllm(Probe probe) {
        String body = new String(probe.body(), java.nio.charset.StandardCharsets.UTF_8);
        return body.contains("\"owned_by\":\"vllm\"") || body.contains("\"owned_by\": \"vllm\"");
    }

    private static boolean isOrIsBelow(String name, String domain) {
        return name.equals(domain) || name.endsWith("." + domain);
    }

    /** Whether it sends limits with every answer of a model, so that their absence means that something removes them. */
    boolean alwaysTellsLimits() {
        return switch (this) {
            case OPENAI, GROQ -> true;
            // Azure left them out for some endpoints and versions; OpenRouter tells them with refusals only.
            case AZURE, OPENROUTER, ANTHROPIC, VLLM, PENSTOCK, UNKNOWN -> false;
        };
    }
}
