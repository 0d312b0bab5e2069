package dev.penstock.emulator;

import org.jspecify.annotations.Nullable;

/** What a request must have, before any limit is asked. Immutable. */
final class AskRules {
    private static final int MOST_CHOICES = 128;
    private static final int MOST_IMAGES = 10;
    private static final int MOST_INPUTS = 2_048;

    private final TwinSettings settings;

    /** Why a request is refused, as the API says it. */
    record Wrong(
            int status,
            String message,
            @Nullable String param,
            @Nullable String code) {}

    static final Wrong NOT_JSON = new Wrong(
            400,
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP"
                    + " library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
            null,
            null);

    AskRules(TwinSettings settings) {
        this.settings = settings;
    }

    /** What is wrong; null if nothing is. Fills in the model where the endpoint has a default. */
    @Nullable
    Wrong check(Route route, Ask ask) {
        if (ask.model.isEmpty()) {
            // Documented defaults.
            String standard = switch (route) {
                case MODERATIONS -> "omni-moderation-latest";
                case IMAGES_GENERATIONS, IMAGES_EDITS -> "dall-e-2";
                case CHAT, RESPONSES, COMPLETIONS, EMBEDDINGS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> null;
            };
            if (standard == null) {
                return new Wrong(400, "you must provide a model parameter", null, null);
            }
            ask.model = standard;
        }
        if (!ask.hasPrompt) {
            String name = switch (route) {
                case CHAT -> "messages";
                case COMPLETIONS, IMAGES_GENERATIONS, IMAGES_EDITS -> "prompt";
                case RESPONSES, EMBEDDINGS, MODERATIONS, AUDIO_SPEECH -> "input";
                case AUDIO_TRANSCRIPTIONS -> "file";
            };
            return missing(name);
        }
        if (!exists(ask.model)) {
            return noSuchModel(ask.model);
        }
        return count(route, ask);
    }

    private static @Nullable Wrong count(Route route, Ask ask) {
        int mostChoices = route.makesImages() ? MOST_IMAGES : MOST_CHOICES;
        if (ask.n > mostChoices) {
            return new Wrong(
                    400,
                    "Invalid 'n': integer above maximum value. Expected a value <= " + mostChoices + ", but got "
                            + ask.n + " instead.",
                    "n",
                    "integer_above_max_value");
        }
        if (route == Route.EMBEDDINGS && (ask.inputs > MOST_INPUTS || ask.inputs == 0)) {
            return new Wrong(
                    400, "'input' has " + ask.inputs + " items; it must have 1 to " + MOST_INPUTS + ".", "input", null);
        }
        if (AnswerPlanner.choices(route, ask) > MOST_INPUTS) {
            return new Wrong(
                    400,
                    "'prompt' asks for " + AnswerPlanner.choices(route, ask) + " completions; it must ask for at most "
                            + MOST_INPUTS + ".",
                    "prompt",
                    null);
        }
        if (ask.dimensions < 0 || ask.dimensions > 4_096) {
            return new Wrong(400, "'dimensions' is " + ask.dimensions + "; it must be 1 to 4096.", "dimensions", null);
        }
        return null;
    }

    boolean exists(String model) {
        return settings.models().isEmpty() || settings.models().contains(model);
    }

    static Wrong noSuchModel(String model) {
        return new Wrong(
                404,
                "The model `" + model + "` does not exist or you do not have access to it.",
                null,
                "model_not_found");
    }

    static Wrong missing(String parameter) {
        return new Wrong(
                400, "Missing required parameter: '" + parameter + "'.", parameter, "missing_required_parameter");
    }
}
