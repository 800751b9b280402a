package dev.millrace.engine.store;

/** What a committed write must survive before its {@link Write#committed} runs. */
public enum Durability {
    /** Survives the death of this process ({@code kill -9}), not of the machine. Streamed chunks. */
    WRITTEN,
    /** Survives a power cut. Messages, state changes, results. */
    FSYNCED
}
