package dev.penstock.jobs;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The columns of a table's output. */
final class OutputColumns {
    /** The column of the answers, or the beginning of its name where that is taken. */
    static final String ANSWER = "answer";

    private OutputColumns() {}

    /** {@code answer}, or the first of {@code answer_2}, {@code answer_3} and so on that the input does not have. */
    static String answerName(Collection<String> inputColumns) {
        String name = ANSWER;
        for (int i = 2; inputColumns.contains(name); i++) {
            name = ANSWER + "_" + i;
        }
        return name;
    }

    /** The header of a delimited output. */
    static List<String> withAnswer(List<String> inputColumns) {
        List<String> all = new ArrayList<>(inputColumns);
        all.add(answerName(inputColumns));
        return all;
    }
}
