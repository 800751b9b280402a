package dev.millrace.server.openai;

import dev.millrace.engine.Sent;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a response is called: its task, and the event before that of the message which it answers, since a task that asks has
 * several answers.
 */
record ResponseId(String taskId, long from) {
    private static final Pattern FORM = Pattern.compile("resp_([0-9a-z]{1,12})_(.+)");
    private static final int RADIX = 36;

    static ResponseId of(Sent sent) {
        return new ResponseId(sent.taskId(), sent.from());
    }

    static ResponseId parse(String id) throws Refusal {
        Matcher form = FORM.matcher(id);
        if (!form.matches()) {
            throw new Refusal(404, "not_found", null, "There is no response \"" + id + "\".", Map.of());
        }
        return new ResponseId(form.group(2), Long.parseLong(form.group(1), RADIX));
    }

    @Override
    public String toString() {
        return "resp_" + Long.toString(from, RADIX) + "_" + taskId;
    }
}
