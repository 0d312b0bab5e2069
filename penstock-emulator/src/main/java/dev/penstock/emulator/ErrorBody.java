package dev.penstock.emulator;

import dev.penstock.emulator.limiter.ConcurrencyCap;
import dev.penstock.emulator.limiter.LimitVector;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.wire.GoDuration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Error bodies in the form and with the texts that were observed: two spaces of indentation, keys in the order message,
 * type, param, code, no newline at the end.
 */
final class ErrorBody {
    private static final String VISIT = " Visit https://platform.openai.com/account/rate-limits to learn more.";
    static final String ORGANIZATION = "org-penstock";
    private static final String PROJECT = "proj_penstock";

    static final byte[] SERVER_ERROR =
            of("The server had an error while processing your request. Sorry about that!", "server_error", null, null);
    static final byte[] OVERLOADED = of(
            "Our servers are currently overloaded. Please try again later.",
            "service_unavailable_error",
            null,
            "server_is_overloaded");

    /** Refusals of servers that keep their figures to themselves. */
    static final byte[] REFUSED = of("Rate limit exceeded.", "rate_limit_error", null, "rate_limit_exceeded");

    static final byte[] TOO_LARGE = of("Request too large.", "rate_limit_error", null, "rate_limit_exceeded");

    private ErrorBody() {}

    static byte[] of(String message, String type, @Nullable String param, @Nullable String code) {
        JsonBytes json = new JsonBytes();
        json.raw("{\n  \"error\": {\n    \"message\": ").string(message);
        json.raw(",\n    \"type\": ").string(type);
        json.raw(",\n    \"param\": ");
        json.optional(param).raw(",\n    \"code\": ");
        return json.optional(code).raw("\n  }\n}").copy();
    }

    /** The same on one line, as rows of batches have it. */
    static void inLine(JsonBytes json, String message, String type, @Nullable String param, @Nullable String code) {
        json.raw("{\"error\":{\"message\":").string(message).raw(",\"type\":").string(type);
        json.raw(",\"param\":").optional(param).raw(",\"code\":").optional(code).raw("}}");
    }

    static byte[] exhausted(String model, String family, LimitVector.Decision.Exhausted decision) {
        Dimension dimension = decision.limiter().limit().dimension();
        String text = keepsWaitToItself(dimension) ? imagesText(decision) : exhaustedText(model, family, decision);
        return of(text, type(dimension), null, "rate_limit_exceeded");
    }

    /** Whether refusals by this limit say nothing about when to come back: those of images have a grammar of their own. */
    static boolean keepsWaitToItself(Dimension dimension) {
        return dimension.unit() == Unit.IMAGES && dimension.window().equals(Duration.ofMinutes(1));
    }

    private static String imagesText(LimitVector.Decision.Exhausted decision) {
        return "Rate limit exceeded for images per minute in organization " + ORGANIZATION + ". Limit: "
                + decision.limiter().limit().amount() + "/1min. Current: " + (decision.used() + decision.requested())
                + "/1min. Please visit https://platform.openai.com/docs/guides/rate-limits to learn how to increase your"
                + " rate limit.";
    }

    private static String exhaustedText(String model, String family, LimitVector.Decision.Exhausted decision) {
        return "Rate limit reached for "
                + subject(model, family, decision.limiter().limit().dimension()) + ": Limit "
                + decision.limiter().limit().amount() + ", Used " + decision.used() + ", Requested "
                + decision.requested() + ". Please try again in " + GoDuration.format(decision.statedWait()) + "."
                + VISIT;
    }

    static byte[] tooLarge(String model, String family, LimitVector.Decision.TooLarge decision) {
        Dimension dimension = decision.limiter().limit().dimension();
        return of(
                "Request too large for " + subject(model, family, dimension) + ": Limit "
                        + decision.limiter().limit().amount() + ", Requested " + decision.requested()
                        + ". The input or output tokens must be reduced in order to run successfully." + VISIT,
                type(dimension),
                null,
                "rate_limit_exceeded");
    }

    static byte[] busy(String model, ConcurrencyCap cap) {
        return of(
                "Rate limit reached for " + model + " in organization " + ORGANIZATION
                        + " on concurrent requests: Limit " + cap.most() + ", Used " + cap.inFlight() + ", Requested 1."
                        + VISIT,
                "requests",
                null,
                "rate_limit_exceeded");
    }

    /** The vendor documents the code and not the text. */
    static byte[] slowDown() {
        return of(
                "Your request rate increased too quickly. Please reduce it to its previous level, hold it there, and"
                        + " increase it gradually.",
                "rate_limit_error",
                null,
                "slow_down");
    }

    /** A refusal that comes from behind the limiter, without a number in it. */
    static byte[] bareRateLimit(String model) {
        return of(
                "Rate limit reached for " + model + " in organization " + ORGANIZATION + "." + VISIT,
                "requests",
                null,
                "rate_limit_exceeded");
    }

    /** The last event of a stream that the backend gives up; in the form of the endpoint's own events. */
    static byte[] inStream(Route route, String model, String id) {
        JsonBytes json = new JsonBytes();
        if (route == Route.RESPONSES) {
            json.raw("event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"id\":\"")
                    .raw(id);
            json.raw("\",\"object\":\"response\",\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",");
            return json.raw("\"message\":")
                    .string(inStreamText(model))
                    .raw("}}}\n\n")
                    .copy();
        }
        json.raw("data: {\"error\":{\"message\":").string(inStreamText(model));
        return json.raw(",\"type\":\"tokens\",\"param\":null,\"code\":\"rate_limit_exceeded\"}}\n\n")
                .copy();
    }

    /** The only event of a stream that is refused before it has begun. */
    static byte[] firstInStream(Route route, String model) {
        if (route != Route.RESPONSES) {
            return inStream(route, model, "");
        }
        JsonBytes json = new JsonBytes();
        json.raw("event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":");
        return json.string(inStreamText(model))
                .raw(",\"param\":null,\"sequence_number\":0}\n\n")
                .copy();
    }

    private static String inStreamText(String model) {
        return "Rate limit reached for " + model + " in organization " + ORGANIZATION
                + " on tokens per min (TPM). Please try again in 1s." + VISIT;
    }

    private static String subject(String model, String family, Dimension dimension) {
        String owner = dimension.scope() == Scope.PROJECT
                ? " in project " + PROJECT + " organization " + ORGANIZATION
                : " in organization " + ORGANIZATION;
        String limit = model.equals(family) ? "" : " (for limit " + family + ")";
        return model + limit + owner + " on " + label(dimension);
    }

    private static String type(Dimension dimension) {
        return switch (dimension.unit()) {
            case REQUESTS, IMAGES -> "requests";
            case TOKENS -> "tokens";
        };
    }

    private static String label(Dimension dimension) {
        String initial = switch (dimension.unit()) {
            case REQUESTS -> "R";
            case TOKENS -> "T";
            case IMAGES -> "I";
        };
        String unit = dimension.unit().plural();
        Duration window = dimension.window();
        if (window.equals(Duration.ofDays(1))) {
            return unit + " per day (" + initial + "PD)";
        }
        // The 30-day limit of the free tier calls itself a limit per minute as well.
        if (window.equals(Duration.ofMinutes(1)) || window.equals(Duration.ofDays(30))) {
            return unit + " per min (" + initial + "PM)";
        }
        // The API has no word for other windows, and a wrong one would teach clients a wrong limit.
        return unit + " per " + GoDuration.format(window);
    }
}
