package dev.millrace.engine.store.postgres;

import dev.millrace.engine.Context;
import dev.millrace.engine.store.SendKey;
import dev.millrace.engine.store.TaskRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the views of many contexts, and the sends that were asked for, in one round trip. The sends are read by a second
 * statement, so they may be newer than the view; then the view is old, and what was decided on it is not written.
 */
final class ViewQuery {
    private static final String VIEWS = "SELECT " + Rows.CONTEXT + ", c.version, " + Rows.TASK
            + " FROM contexts c LEFT JOIN tasks t ON t.context_id = c.id AND t.state NOT IN (3, 4, 5, 7)"
            + " WHERE c.id = ANY (?) ORDER BY c.id, t.place";
    private static final String SENDS = "; SELECT " + Rows.SEND
            + " FROM unnest(?, ?) AS a (context_id, key) JOIN sends s ON s.context_id = a.context_id AND s.key = a.key";
    private static final String LOCK = "SELECT 1 FROM contexts c WHERE c.id = ANY (?) FOR UPDATE; ";
    private static final int CONTEXT_COLUMNS = Rows.CONTEXT_COLUMNS + 1;

    private final List<Member> members;

    ViewQuery(List<Member> members) {
        this.members = members;
    }

    /** The views by context; one that does not exist is absent. */
    Map<String, View> run(Connection connection) throws SQLException {
        return run(connection, false);
    }

    /** Also locks the contexts, inside the transaction that is open. */
    Map<String, View> lockAndRun(Connection connection) throws SQLException {
        return run(connection, true);
    }

    private Map<String, View> run(Connection connection, boolean lock) throws SQLException {
        String[] ids = members.stream().map(Member::contextId).toArray(String[]::new);
        var keyContexts = new ArrayList<String>();
        var keys = new ArrayList<String>();
        for (Member member : members) {
            for (String key : member.keysAskedFor()) {
                keyContexts.add(member.contextId());
                keys.add(key);
            }
        }
        String sql = (lock ? LOCK : "") + VIEWS + (keys.isEmpty() ? "" : SENDS);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int next = 1;
            if (lock) {
                statement.setArray(next++, connection.createArrayOf("text", ids));
            }
            statement.setArray(next++, connection.createArrayOf("text", ids));
            if (!keys.isEmpty()) {
                statement.setArray(next++, connection.createArrayOf("text", keyContexts.toArray(String[]::new)));
                statement.setArray(next, connection.createArrayOf("text", keys.toArray(String[]::new)));
            }
            statement.execute();
            if (lock) {
                statement.getMoreResults();
            }
            Map<String, View> views;
            try (ResultSet rows = statement.getResultSet()) {
                views = views(rows);
            }
            if (!keys.isEmpty()) {
                statement.getMoreResults();
                try (ResultSet rows = statement.getResultSet()) {
                    addSends(views, rows);
                }
            }
            return views;
        }
    }

    private Map<String, View> views(ResultSet rows) throws SQLException {
        var views = new HashMap<String, View>();
        members.forEach(member -> views.put(member.contextId(), View.absent()));
        Map<String, TaskRecord> open = Map.of();
        String at = "";
        while (rows.next()) {
            if (!rows.getString(1).equals(at)) {
                Context context = Rows.context(rows);
                at = context.id();
                open = new LinkedHashMap<>();
                views.put(
                        at,
                        new View(context, rows.getLong(CONTEXT_COLUMNS), open, Map.of(), Map.of(), View.Origin.READ));
            }
            if (rows.getString(CONTEXT_COLUMNS + 1) != null) {
                TaskRecord task = Rows.task(rows, CONTEXT_COLUMNS);
                open.put(task.id(), task);
            }
        }
        return views;
    }

    private static void addSends(Map<String, View> views, ResultSet rows) throws SQLException {
        while (rows.next()) {
            SendKey send = Rows.send(rows);
            views.computeIfPresent(rows.getString(1), (id, view) -> view.knowing(send));
        }
    }
}
