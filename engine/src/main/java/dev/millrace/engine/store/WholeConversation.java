package dev.millrace.engine.store;

import dev.millrace.engine.Context;
import java.util.List;

/** A context and all that is part of its conversation now. */
public record WholeConversation(Context context, List<TaskEvents> tasks) {}
