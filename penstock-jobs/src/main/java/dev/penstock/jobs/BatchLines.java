package dev.penstock.jobs;

/** Lines of a batch's input file, as they are sent. */
final class BatchLines {
    private BatchLines() {}

    /** Adds a request's line with its line end. The body keeps its bytes, so it is the same request as a live one. */
    static void append(ByteText out, PreparedRequest request) {
        out.append("{\"custom_id\":").appendJsonString(request.customId());
        out.append(",\"method\":\"POST\",\"url\":\"").append(request.endpoint().path());
        out.append("\",\"body\":");
        out.appendOnOneLine(request.body(), 0, request.body().length);
        out.append("}\n");
    }
}
