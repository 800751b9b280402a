package dev.millrace.agents;

import dev.millrace.agents.Budgets.Budget;
import dev.millrace.engine.DayUsage;
import dev.millrace.engine.Engine;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.engine.Usage;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Role;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a turn has spent, and whether it may spend more. Who reaches a budget asks the user, in the way in which it asks for
 * leave to run a tool ({@link Approvals}): each yes is good for as much again. The questions and answers are in the journal,
 * so how often it was allowed is found there.
 */
final class Spending {
    /** What the user is asked to allow. No tool is called so: their names have no dot. */
    static final String CALL = "millrace.spend";

    private final Turn turn;
    private final Budgets budgets;
    private final @Nullable Engine engine;

    /** @param engine null if there is none, and only what this turn spends is known */
    Spending(Turn turn, Budgets budgets, @Nullable Engine engine) {
        this.turn = turn;
        this.budgets = budgets;
        this.engine = engine;
    }

    /**
     * The question of leave to spend more; null if that needs none.
     *
     * @param said all that is known of the chat, this turn's own words included
     */
    @Nullable ToolCall question(List<Message> said) throws InterruptedException {
        Budget ofTurn = budgets.turn();
        if (ofTurn != null) {
            Usage used = ofTurn(said);
            int times = 1 + granted(said, "turn", true);
            if (ofTurn.reached(used.inputTokens() + used.outputTokens(), used.costMicros(), times)) {
                return question("turn", ofTurn, used, times);
            }
        }
        Engine known = engine;
        if (known == null || (budgets.chat() == null && budgets.day() == null)) {
            return null;
        }
        turn.flush(); // what was just used is told with it
        Budget ofChat = budgets.chat();
        if (ofChat != null) {
            Usage used = known.chats().usageOfTree(turn.owner(), turn.contextId());
            int times = 1 + granted(said, "chat", false);
            if (ofChat.reached(used.inputTokens() + used.outputTokens(), used.costMicros(), times)) {
                return question("chat", ofChat, used, times);
            }
        }
        Budget ofDay = budgets.day();
        if (ofDay != null) {
            Usage used = known.chats().usageByDay(turn.owner(), LocalDate.now(ZoneOffset.UTC)).stream()
                    .map(DayUsage::usage)
                    .reduce(Usage.NONE, Usage::plus);
            int times = 1 + granted(said, "day", true);
            if (ofDay.reached(used.inputTokens() + used.outputTokens(), used.costMicros(), times)) {
                return question("day", ofDay, used, times);
            }
        }
        return null;
    }

    private Usage ofTurn(List<Message> said) {
        var used = Usage.NONE;
        for (Message message : said) {
            JsonNode usage = Marks.in(message).path("usage");
            if (turn.taskId().equals(message.taskId()) && usage.isObject()) {
                used = used.plus(new Usage(
                        0,
                        0,
                        0,
                        usage.path("inputTokens").asLong(0),
                        usage.path("outputTokens").asLong(0),
                        usage.path("costMicros").asLong(0)));
            }
        }
        return used;
    }

    private ToolCall question(String scope, Budget budget, Usage used, int times) {
        ObjectNode arguments = Marks.object().put("budget", scope);
        if (budget.tokens() > 0) {
            arguments
                    .put("tokens", used.inputTokens() + used.outputTokens())
                    .put("allowedTokens", budget.tokens() * times);
        }
        if (budget.costMicros() > 0) {
            arguments.put("costMicros", used.costMicros()).put("allowedCostMicros", budget.costMicros() * times);
        }
        String id = "spend-" + scope + "-" + turn.taskId() + "-" + times;
        return Approvals.question(new ToolCall(id, CALL, arguments), "the budget of the " + scope);
    }

    /** How often the user has allowed more. */
    private int granted(List<Message> said, String scope, boolean inThisTask) {
        Map<String, String> asked = new HashMap<>();
        int granted = 0;
        for (Message message : said) {
            if (inThisTask && !turn.taskId().equals(message.taskId())) {
                continue;
            }
            if (message.role() == Role.AGENT) {
                for (ToolCall question : ToolCall.in(message)) {
                    JsonNode call = question.arguments().path("call");
                    if (question.name().equals(Approvals.TOOL)
                            && call.path("name").asString("").equals(CALL)) {
                        asked.put(
                                question.id(),
                                call.path("arguments").path("budget").asString(""));
                    }
                }
            }
            for (ToolResult result : ToolResult.in(message)) {
                if (scope.equals(asked.remove(result.id())) && allowed(result)) {
                    granted++;
                }
            }
        }
        return granted;
    }

    private static boolean allowed(ToolResult result) {
        JsonNode answer = result.result();
        return answer != null
                && (answer.isBoolean()
                        ? answer.booleanValue()
                        : answer.path("approved").asBoolean(false));
    }
}
