package dev.millrace.server.chat;

import dev.millrace.protocol.Message;
import dev.millrace.protocol.json.InvalidField;

/** What is known of the files that messages name. Any thread. */
@FunctionalInterface
public interface Attached {
    /** Nothing is known. */
    Attached UNKNOWN = (owner, message) -> message;

    /**
     * The message as it is to be kept, with what is known of the files that its {@code url} parts name.
     *
     * @throws InvalidField if it names one that its owner does not have
     */
    Message checked(String owner, Message message);
}
