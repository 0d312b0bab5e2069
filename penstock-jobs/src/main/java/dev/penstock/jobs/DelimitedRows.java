package dev.penstock.jobs;

import dev.penstock.wire.Endpoint;
import java.util.List;

/** Rows of a CSV or TSV file with a header, turned into chat completions. */
final class DelimitedRows implements RowParser {
    private final byte delimiter;
    private final List<String> header;
    private final ChatRequestTemplate template;
    /** For each value of the template, its field. */
    private final int[] fields;

    DelimitedRows(byte delimiter, List<String> header, ChatRequestTemplate template) {
        this.delimiter = delimiter;
        this.header = List.copyOf(header);
        this.template = template;
        this.fields = template.columns().stream().mapToInt(header::indexOf).toArray();
    }

    @Override
    public PreparedRequest parse(byte[] bytes, int offset, int length, long number) throws BadRowException {
        DelimitedRecord row = new DelimitedRecord(delimiter);
        row.read(bytes, offset, length);
        if (row.count() != header.size()) {
            throw new BadRowException(
                    0,
                    "the row has " + row.count() + " columns, the header has " + header.size()
                            + "; a value that holds the separator must be in quotes");
        }
        String[] values = new String[fields.length];
        for (int i = 0; i < fields.length; i++) {
            values[i] = row.text(fields[i]);
        }
        return Requests.prepare(Endpoint.CHAT_COMPLETIONS, JobInput.tableRowId(number), template.body(values), 0);
    }
}
