package dev.millrace.server.config;

/** A setting that can't be used. The message is one sentence for a person: it names the setting and says what to do. */
public final class BadSetting extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param setting its name as the user wrote it: an option, or a path such as {@code server.port} */
    public BadSetting(String setting, String problem) {
        this(setting + ": " + problem);
    }

    BadSetting(String message) {
        super(message, null, false, false);
    }
}
