package dev.millrace.engine;

import java.time.LocalDate;

/**
 * What an owner's tasks took in one day.
 *
 * @param day in UTC. A task counts on the day on which it last changed its state
 */
public record DayUsage(LocalDate day, Usage usage) {}
