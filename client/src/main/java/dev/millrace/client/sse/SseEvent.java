package dev.millrace.client.sse;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One server-sent event. Immutable, apart from the bytes of {@link #data}, which nobody may change. */
public final class SseEvent {
    private final String type;
    private final byte[] data;
    private final @Nullable String id;

    SseEvent(String type, byte[] data, @Nullable String id) {
        this.type = type;
        this.data = data;
        this.id = id;
    }

    /** The {@code event:} field; {@code message} if there was none. */
    public String type() {
        return type;
    }

    /** The {@code data:} lines joined by line feeds, byte for byte as they came. */
    public byte[] data() {
        return data;
    }

    /** {@link #data} read as UTF-8; what is not UTF-8 becomes U+FFFD. */
    public String text() {
        return new String(data, StandardCharsets.UTF_8);
    }

    /** The stream's last event id as of this event, which this or an earlier event set; null if none did. */
    public @Nullable String id() {
        return id;
    }

    @Override
    public String toString() {
        return "SseEvent[type=" + type + ", id=" + id + ", " + data.length + " bytes]";
    }
}
