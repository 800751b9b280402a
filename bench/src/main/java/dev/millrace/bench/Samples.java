package dev.millrace.bench;

import java.util.Arrays;
import java.util.Collection;

/** Numbers of one kind, measured again and again. One thread. */
public final class Samples {
    private double[] values = new double[64];
    private int size;
    private boolean sorted = true;

    public void add(double value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
        sorted = false;
    }

    public void addAll(Collection<? extends Number> more) {
        more.forEach(each -> add(each.doubleValue()));
    }

    public int size() {
        return size;
    }

    public double median() {
        return quantile(0.5);
    }

    public double p99() {
        return quantile(0.99);
    }

    /** The distance between the quartiles, as a share of the median. 0 for fewer than two samples. */
    public double spread() {
        double median = median();
        return median == 0 ? 0 : (quantile(0.75) - quantile(0.25)) / median;
    }

    /** The value below which this share of the samples lies, interpolated between neighbours. NaN if there are none. */
    public double quantile(double share) {
        if (size == 0) {
            return Double.NaN;
        }
        if (!sorted) {
            Arrays.sort(values, 0, size);
            sorted = true;
        }
        double at = share * (size - 1);
        int below = (int) at;
        int above = Math.min(below + 1, size - 1);
        return values[below] + (at - below) * (values[above] - values[below]);
    }
}
