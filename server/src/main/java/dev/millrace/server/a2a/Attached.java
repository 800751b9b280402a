package dev.millrace.server.a2a;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.json.InvalidField;
import dev.millrace.server.http.HttpProblem;

/** What is known of the files that messages name. Any thread. */
@FunctionalInterface
public interface Attached {
    /** Nothing is known. */
    Attached UNKNOWN = (identity, message) -> message;

    /**
     * The message as it is to be kept, with what is known of the files that its {@code url} parts name.
     *
     * @param identity who sends it, under whatever tenant
     * @throws InvalidField if it names one that the sender does not have
     * @throws HttpProblem if that cannot be told now
     */
    Message checked(String identity, Message message) throws HttpProblem;
}
