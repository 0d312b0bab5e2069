package dev.penstock.retry;

import dev.penstock.time.Deadline;
import dev.penstock.time.Ticker;
import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** What the Javadoc and the documentation show: compiled here, and run by {@link RetrySnippetsTest}. */
final class RetrySnippets {
    private RetrySnippets() {}

    /** Stands for a client that people have. */
    interface Client {
        String complete(String question) throws IOException;

        CompletableFuture<String> completeAsync(String question);
    }

    static String retry(Client client) throws IOException {
        // @start region="retry"
        Retry retry = Retry.named("chat")
                .stop(Stop.attempts(6).or(Stop.beforeElapsed(Duration.ofMinutes(2))))
                .wait(Wait.fullJitter(Duration.ofSeconds(1), Duration.ofSeconds(60)))
                .when(When.exception(IOException.class))
                .build();

        String answer =
                retry.call(() -> client.complete("Why is the sky blue?")); // throws IOException, as the body does
        // @end
        return answer;
    }

    static List<Stop> stop() {
        // @start region="stop"
        Stop usual = Stop.attempts(6).or(Stop.beforeElapsed(Duration.ofMinutes(2)));
        Stop shared = Stop.at(Deadline.after(Duration.ofMinutes(2), Ticker.system())); // one for several calls
        Stop read = Stop.parse("anyOf(attempts(6), beforeElapsed(2m))"); // equal to the first
        // @end
        return List.of(usual, shared, read);
    }

    static List<Wait> wait_() {
        // @start region="wait"
        Wait usual = Wait.fullJitter(Duration.ofSeconds(1), Duration.ofSeconds(60));
        Wait asTold = Wait.serverHint(usual);
        Wait polling = Wait.decay(Duration.ofMinutes(5), 0.5, Duration.ofSeconds(10));
        Wait summed = Wait.exponential(Duration.ofSeconds(1), 2, Duration.ofSeconds(60))
                .plus(Wait.between(Duration.ZERO, Duration.ofSeconds(1)));
        // @end
        return List.of(usual, asTold, polling, summed);
    }

    static List<When> when() {
        // @start region="when"
        When faults = When.exception(IOException.class, TimeoutException.class);
        When pending = When.result(String.class, status -> status.equals("in_progress"));
        When either = faults.or(pending).and(When.message("bad key").not());
        // @end
        return List.of(faults, pending, either);
    }

    static String with(Retry retry, Client client) throws IOException {
        // @start region="with"
        Retry once = retry.with(b -> b.stop(Stop.attempts(1)));
        Retry patient = retry.with(
                b -> b.rule(When.message("overloaded"), Wait.fixed(Duration.ofSeconds(30)), Stop.attempts(20)));
        // @end
        return once.call(() -> client.complete("")) + patient.call(() -> client.complete(""));
    }

    static String loop(Retry retry, Client client) throws IOException {
        // @start region="loop"
        var loop = retry.loop();
        while (true) {
            Attempt attempt = loop.next(); // waits
            try {
                String answer = client.complete("Attempt " + attempt.retryCount());
                if (loop.accepts(answer)) {
                    return answer;
                }
            } catch (IOException e) {
                loop.failed(e); // throws it when the loop gives up
            }
        }
        // @end
    }

    static CompletableFuture<String> async(Retry retry, Client client) {
        // @start region="async"
        CompletableFuture<String> answer = retry.callAsync(() -> client.completeAsync("Why is the sky blue?"));
        // @end
        return answer;
    }

    static String tenacity(Client client) throws IOException {
        // @start region="tenacity"
        Retry retry = Retry.builder()
                .wait(Wait.fullJitter(Duration.ofSeconds(1), Duration.ofSeconds(60)))
                .stop(Stop.attempts(6))
                .when(When.exception(IOException.class))
                .build();
        Retry.Body<String, IOException> chat = retry.wrap(() -> client.complete("Explain backoff in one sentence."));
        // @end
        return chat.call();
    }

    static String backoff(Client client) throws IOException {
        // @start region="backoff"
        Retry retry = Retry.builder()
                .wait(Wait.fullJitter(Duration.ZERO, Duration.ofSeconds(1), Duration.ofMinutes(1)))
                .stop(Stop.attempts(8))
                .throttledWhen(When.exception(IOException.class)) // a throttle costs no attempt
                .build();
        // @end
        return retry.call(() -> client.complete("Hello!"));
    }

    static String classifier(Client client, Function<Exception, Duration> retryAfter) throws IOException {
        // @start region="classifier"
        Retry retry = Retry.builder()
                .classify(outcome -> switch (outcome) {
                    case Outcome.Returned<?> returned -> Judgement.accept();
                    case Outcome.Failed<?>(TimeoutException timeout) -> Judgement.tryAgain("timeout");
                    case Outcome.Failed<?>(IOException refused) ->
                        Judgement.throttled("refused", retryAfter.apply(refused));
                    case Outcome.Failed<?>(Exception other) -> Judgement.abort("cannot be tried again");
                })
                .listener(RetryLog.to(System.getLogger("app"), System.Logger.Level.INFO))
                .build();
        // @end
        return retry.call(() -> client.complete("Hello!"));
    }

    static Duration virtual(Client client) throws IOException {
        // @start region="virtual"
        var time = new VirtualTime();
        Retry retry = Retry.builder().time(time).build();

        String answer = retry.call(() -> client.complete("Hello!")); // waits take no time
        Duration waited = time.passed();
        // @end
        return answer.isEmpty() ? Duration.ZERO : waited;
    }

    static String throttle(Client client) throws IOException {
        // @start region="throttle"
        var throttle = new FailureThrottle(10, 0.1);
        Retry retry = Retry.builder()
                .listener(throttle)
                .stop(Stop.attempts(6).or(throttle.stop()))
                .build();
        // @end
        return retry.call(() -> client.complete("Hello!"));
    }
}
