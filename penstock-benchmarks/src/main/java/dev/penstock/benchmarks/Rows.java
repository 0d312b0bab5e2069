package dev.penstock.benchmarks;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Inputs in the batch format, the same for the same seed. */
final class Rows {
    private Rows() {}

    /** Rows whose prompts have between {@code fewest} and {@code most} characters. */
    static Path write(Path file, int count, int fewest, int most, int maxOutput, long seed) throws IOException {
        return write(file, count, fewest, most, maxOutput, seed, List.of("gpt-4o-mini"));
    }

    /** The same for several models, in turn. */
    static Path write(Path file, int count, int fewest, int most, int maxOutput, long seed, List<String> models)
            throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String words = "how many apples are left when seven of them were eaten and two more were bought "
                .repeat(1 + most / 80);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < count; i++) {
                int characters = fewest + random.nextInt(most - fewest + 1);
                out.append("{\"custom_id\":\"row-")
                        .append(Integer.toString(i))
                        .append("\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"")
                        .append(models.get(i % models.size()))
                        .append("\",\"messages\":[{\"role\":\"user\",\"content\":\"")
                        .append(Integer.toString(i))
                        .append(' ')
                        .append(words, 0, characters)
                        .append("\"}],\"max_completion_tokens\":")
                        .append(Integer.toString(maxOutput))
                        .append("}}\n");
            }
        }
        return file;
    }

    /** Checks that a batch output holds each of {@code count} rows once, in order. */
    static void requireWhole(Path output, int count) throws IOException {
        try (var lines = Files.newBufferedReader(output)) {
            int expected = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.contains("\"custom_id\":\"row-" + expected + "\"")) {
                    throw new IllegalStateException("line " + (expected + 1) + " of the output is not row-" + expected);
                }
                expected++;
            }
            if (expected != count) {
                throw new IllegalStateException("the output has " + expected + " rows instead of " + count);
            }
        }
    }
}
