package dev.millrace.engine;

/** What each thread works for. It ends with the work, and other threads are told by whoever starts them. */
final class CurrentSpan {
    static final ScopedValue<Span> VALUE = ScopedValue.newInstance();

    private CurrentSpan() {}
}
