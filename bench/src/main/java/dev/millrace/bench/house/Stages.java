package dev.millrace.bench.house;

import dev.millrace.engine.Stage;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/** How long each stage took. Any thread; records without allocating. */
final class Stages {
    /** Two digits of a time: more than a median's worth. */
    private static final int DIGITS = 2;

    private final Map<Stage, Histogram> times = new EnumMap<>(Stage.class);

    Stages() {
        for (Stage stage : Stage.values()) {
            times.put(stage, new SynchronizedHistogram(DIGITS));
        }
    }

    void took(Stage stage, long nanos) {
        Objects.requireNonNull(times.get(stage)).recordValue(Math.max(0, nanos));
    }

    /** One line for each stage that was there since the last call: its name, how often, the median and p99 in ns. */
    String drain() {
        var text = new StringBuilder();
        times.forEach((stage, histogram) -> {
            synchronized (histogram) {
                if (histogram.getTotalCount() > 0) {
                    text.append(stage)
                            .append(' ')
                            .append(histogram.getTotalCount())
                            .append(' ')
                            .append(histogram.getValueAtPercentile(50))
                            .append(' ')
                            .append(histogram.getValueAtPercentile(99))
                            .append('\n');
                    histogram.reset();
                }
            }
        });
        return text.toString();
    }
}
