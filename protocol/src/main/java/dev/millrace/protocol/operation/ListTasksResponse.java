package dev.millrace.protocol.operation;

import static java.util.Objects.requireNonNull;

import dev.millrace.protocol.Task;
import java.util.List;

/**
 * One page of tasks, newest status first.
 *
 * @param tasks the page
 * @param nextPageToken what asks for the next page; empty on the last one
 * @param pageSize the size that was asked for, or the server's default
 * @param totalSize how many tasks there are on all pages
 */
public record ListTasksResponse(List<Task> tasks, String nextPageToken, int pageSize, int totalSize) {

    public ListTasksResponse {
        tasks = List.copyOf(tasks);
        requireNonNull(nextPageToken, "nextPageToken");
    }
}
