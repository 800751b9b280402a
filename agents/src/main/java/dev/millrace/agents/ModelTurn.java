package dev.millrace.agents;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.output.FinishReason;
import dev.millrace.engine.ToolCall;
import dev.millrace.engine.ToolResult;
import dev.millrace.engine.Turn;
import dev.millrace.protocol.Artifact;
import dev.millrace.protocol.Message;
import dev.millrace.protocol.Part;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One turn of a {@link ModelAgent}: the model is called, what it wants done is done, and it is called again with the results,
 * until it wants nothing more.
 *
 * <p>Everything that is said is an artifact, and the model is always told what the artifacts say. So a turn that takes up
 * the work of a lost one, or goes on after its user's answer, knows what the one before knew. A call's artifact is committed
 * before the tool runs.
 */
final class ModelTurn {
    /** What a model is told of a call that a lost process may or may not have made. */
    static final String UNKNOWN =
            "the server was lost while this ran, and nobody knows whether it was done or what came of"
                    + " it; find out before you do it again";

    /** What a user is told of an answer that has no end. */
    static final String CUT_SHORT = "The answer is cut short: the model reached its limit of tokens.";

    private final Turn turn;
    private final AgentConfig config;
    private final ModelCalls calls;
    private final Choice choice;
    private final ToolRuns runs;
    private final Spending spending;
    private final ModelObserver observer;
    private final List<Message> said = new ArrayList<>();
    private final Set<String> callIds = new HashSet<>();
    private Map<String, Tool> tools = Map.of();

    ModelTurn(
            Turn turn, AgentConfig config, ModelCalls calls, Choice choice, Spending spending, ModelObserver observer) {
        this.spending = spending;
        this.observer = observer;
        this.turn = turn;
        this.config = config;
        this.calls = calls;
        this.choice = choice;
        runs = new ToolRuns(turn, config.limits(), observer);
    }

    void run() throws ModelFailure, InterruptedException {
        Resumed resumed = Resumed.of(turn.saidBefore());
        said.addAll(turn.history());
        said.add(turn.message());
        said.addAll(resumed.whole());
        said.forEach(message -> ToolCall.in(message).forEach(call -> callIds.add(call.id())));
        lookForTools();
        if (Marks.asked(turn.message(), Compaction.REQUEST) != null) {
            if (!canCompact()) {
                turn.reject("There is nothing to sum up yet.");
            } else if (resumed.whole().isEmpty()) {
                compact(new Step(turn, 1, resumed.left()));
            }
            return;
        }
        if (resumed.lastStep() == 0 && !runDecided()) {
            turn.status("Stopped here: the budget is used up, and more was not allowed.");
            return;
        }
        if (settle(resumed)) {
            return;
        }
        Set<String> left = resumed.left();
        for (int number = resumed.lastStep() + 1; ; number++) {
            if (number > config.limits().steps()) {
                throw ModelFailures.failure(
                        ModelFailure.Kind.TOO_MANY_STEPS,
                        "The model was called " + config.limits().steps()
                                + " times for this message and is not done. Send another message to let it go on.");
            }
            Step step = new Step(turn, number, left);
            step.announcing((index, given, name) -> isClients(name) ? idOf(given, step, index) : null);
            ToolCall more = spending.question(said);
            if (more != null) {
                ask(List.of(more));
                return;
            }
            if (compactIfLong(step) || !oneStep(step)) {
                return;
            }
            left = Set.of();
        }
    }

    private void lookForTools() {
        var found = new LinkedHashMap<String, Tool>();
        config.toolboxes().forEach(box -> box.tools().forEach(tool -> found.putIfAbsent(tool.name(), tool)));
        tools = found;
    }

    /** Calls the model once, and its tools; true if it is to be called again. */
    private boolean oneStep(Step step) throws ModelFailure, InterruptedException {
        lookForTools();
        ModelAnswer answer = calls.ask(
                turn,
                choice.model(),
                choice.effort(),
                ChatRequest.builder()
                        .messages(conversation())
                        .toolSpecifications(specifications())
                        .topP(choice.words().topP())
                        .stopSequences(
                                choice.words().stop().isEmpty()
                                        ? null
                                        : choice.words().stop())
                        .build(),
                step,
                Marks.Kind.ANSWER);
        if (answer == null || answer.message() == null) {
            return false;
        }
        AiMessage message = answer.message();
        ObjectNode account = Marks.of(Marks.Kind.ANSWER, answer.account());
        if (!answer.said().isEmpty()) {
            turn.artifact(step.answerId()).annotate(account);
            said.add(step.message(
                    new Artifact(step.answerId(), null, null, List.of(Part.text(answer.said())), account, List.of())));
        }
        if (message.hasToolExecutionRequests()) {
            return runCalls(step, message, answer);
        }
        if (answer.finish() == FinishReason.LENGTH) {
            turn.status(CUT_SHORT);
        }
        return false;
    }

    private List<ChatMessage> conversation() {
        return conversation(choice.model().provider());
    }

    private List<ChatMessage> conversation(Provider provider) {
        String prompt = config.systemPrompt();
        String both =
                prompt == null ? choice.system() : choice.system() == null ? prompt : prompt + "\n\n" + choice.system();
        return Conversation.of(both, said, provider);
    }

    private List<ToolSpecification> specifications() {
        Provider provider = choice.model().provider();
        var all = new ArrayList<ToolSpecification>();
        tools.values()
                .forEach(tool -> all.add(ToolSpecs.of(tool.name(), tool.description(), tool.parameters(), provider)));
        for (Choice.ClientTool tool : choice.clientTools()) {
            if (!tools.containsKey(tool.name())) {
                all.add(ToolSpecs.of(tool.name(), tool.description(), tool.parameters(), provider));
            }
        }
        return all;
    }

    // What a model's calls become: a result that is known at once, a tool that runs, or a question to the user.

    private boolean runCalls(Step step, AiMessage message, ModelAnswer answer) throws InterruptedException {
        ObjectNode beside = Thoughts.of(message);
        if (answer.said().isEmpty()) {
            beside.setAll(answer.account());
        }
        var planned = new ArrayList<ToolRuns.Planned>();
        var failed = new LinkedHashMap<Integer, ToolResult>();
        var calls = new ArrayList<ToolCall>();
        var waiting = new ArrayList<ToolCall>();
        for (ToolExecutionRequest request : message.toolExecutionRequests()) {
            int index = calls.size();
            ObjectNode arguments = arguments(request);
            String announced = step.announcedId(index);
            var call = new ToolCall(
                    announced == null ? idOf(request.id(), step, index) : announced,
                    request.name(),
                    arguments == null ? Marks.object() : arguments);
            calls.add(call);
            Tool tool = tools.get(call.name());
            ToolCall question = arguments == null ? null : question(call, tool);
            ObjectNode marks = index == 0 ? beside : Marks.object();
            if (question != null && tool == null) {
                marks.putObject("client")
                        .put("id", call.id())
                        .put("name", call.name())
                        .put("arguments", asSaid(request));
            }
            record(step, index, call, question != null, marks);
            if (question != null) {
                waiting.add(question);
            } else if (arguments == null) {
                failed.put(index, ToolResult.failed(call.id(), "the arguments are not a JSON object"));
            } else if (tool == null) {
                failed.put(
                        index,
                        ToolResult.failed(call.id(), "there is no tool " + call.name() + "; there are: " + names()));
            } else {
                planned.add(new ToolRuns.Planned(step, index, call, tool));
            }
        }
        turn.flush(); // on record, before anything is done
        failed.forEach((index, result) -> said.add(ToolRuns.emit(step, index, calls.get(index), result)));
        said.addAll(runs.run(planned));
        return !ask(waiting);
    }

    private String names() {
        var names = new ArrayList<>(tools.keySet());
        choice.clientTools().forEach(tool -> names.add(tool.name()));
        return names.isEmpty() ? "none" : String.join(", ", names);
    }

    /** What the user's client is asked before or instead of running the tool here; null = nothing. */
    private @Nullable ToolCall question(ToolCall call, @Nullable Tool tool) {
        if (tool != null) {
            return tool.needsApproval() ? Approvals.question(call, tool.target(call.arguments())) : null;
        }
        return isClients(call.name()) ? call : null;
    }

    /** Whether it is a tool of the user's client; of two with one name, the agent's own is meant. */
    private boolean isClients(String tool) {
        return !tools.containsKey(tool)
                && choice.clientTools().stream().anyMatch(each -> each.name().equals(tool));
    }

    /** The arguments letter by letter: readers have seen them come. */
    private static String asSaid(ToolExecutionRequest request) {
        return request.arguments() == null || request.arguments().isBlank() ? "{}" : request.arguments();
    }

    private void record(Step step, int index, ToolCall call, boolean waits, ObjectNode beside) {
        ObjectNode marks = beside.deepCopy().put("step", step.number()).put("index", index);
        if (step.number() == 0) {
            marks.put("joins", true);
        }
        Part part = ToolCall.part(List.of(call));
        if (waits) {
            // Not as a call: the question that follows has it, and every call is to stand in one place.
            marks.putObject("waits")
                    .put("id", call.id())
                    .put("name", call.name())
                    .set("arguments", call.arguments());
            part = Part.data(Marks.object().put("waitsFor", call.name()));
        }
        said.add(step.record(new Artifact(
                step.callId(index),
                call.name(),
                null,
                List.of(part),
                Marks.of(Marks.Kind.CALL, marks),
                List.of(ToolCall.EXTENSION))));
    }

    /** Asks the user's client; true if there is something to ask, and this turn is over. */
    private boolean ask(List<ToolCall> questions) {
        if (questions.isEmpty()) {
            return false;
        }
        if (questions.stream().anyMatch(call -> call.name().equals(Approvals.TOOL))) {
            turn.ask("", questions, config.limits().approvalWithin());
        } else {
            turn.ask("", questions);
        }
        return true;
    }

    /**
     * What the user allowed runs now; it is on record only now, since it was not about to run before.
     *
     * @return false if the user did not allow to spend more
     */
    private boolean runDecided() throws InterruptedException {
        var step = new Step(turn, 0, Set.of());
        var planned = new ArrayList<ToolRuns.Planned>();
        var refused = new LinkedHashMap<Integer, ToolResult>();
        var decided = new ArrayList<>(Approvals.in(turn.history(), turn.message()));
        boolean stops =
                decided.stream().anyMatch(each -> each.call().name().equals(Spending.CALL) && each.refusal() != null);
        decided.removeIf(each -> each.call().name().equals(Spending.CALL));
        for (int index = 0; index < decided.size(); index++) {
            ToolCall call = decided.get(index).call();
            record(step, index, call, false, Marks.object());
            Tool tool = tools.get(call.name());
            String refusal = refusal(decided.get(index), tool);
            if (refusal != null || tool == null) {
                refused.put(index, ToolResult.failed(call.id(), refusal == null ? "" : refusal));
            } else {
                planned.add(new ToolRuns.Planned(step, index, call, tool));
            }
        }
        if (!decided.isEmpty()) {
            turn.flush();
            refused.forEach((index, result) ->
                    said.add(ToolRuns.emit(step, index, decided.get(index).call(), result)));
            said.addAll(runs.run(planned));
        }
        return !stops;
    }

    private static @Nullable String refusal(Approvals.Decided decided, @Nullable Tool tool) {
        if (decided.refusal() != null) {
            return decided.refusal();
        }
        if (tool == null) {
            return "not run: the tool is not there any more";
        }
        String hash = Approvals.hash(decided.call(), tool.target(decided.call().arguments()));
        return hash.equals(decided.hash()) ? null : "not run: what the user allowed is not what would be done now";
    }

    /** Ends what a lost attempt began; true if the user has to be asked, and this turn is over. */
    private boolean settle(Resumed resumed) throws InterruptedException {
        var again = new ArrayList<ToolRuns.Planned>();
        for (Resumed.Placed open : resumed.open()) {
            var step = new Step(turn, open.step(), Set.of());
            Tool tool = tools.get(open.call().name());
            if (tool != null && tool.repeatable()) {
                again.add(new ToolRuns.Planned(step, open.index(), open.call(), tool));
            } else {
                said.add(ToolRuns.emit(
                        step,
                        open.index(),
                        open.call(),
                        ToolResult.failed(open.call().id(), UNKNOWN)));
            }
        }
        said.addAll(runs.run(again));
        var questions = new ArrayList<ToolCall>();
        for (Resumed.Placed waiting : resumed.waiting()) {
            ToolCall question =
                    question(waiting.call(), tools.get(waiting.call().name()));
            if (question != null && waiting.step() == resumed.lastStep()) {
                questions.add(question);
            }
        }
        return ask(questions);
    }

    /** The model's own id, where it gave one that is not in use; else one that all providers take. */
    private String idOf(@Nullable String id, Step step, int index) {
        if (id != null && !id.isBlank() && callIds.add(id)) {
            return id;
        }
        String own = "call_" + Integer.toHexString((turn.taskId() + turn.answerId()).hashCode()) + "_" + step.number()
                + "_" + index;
        callIds.add(own);
        return own;
    }

    private static @Nullable ObjectNode arguments(ToolExecutionRequest request) {
        String text = request.arguments();
        if (text == null || text.isBlank()) {
            return Marks.object(); // how some models call a tool that takes nothing
        }
        try {
            JsonNode json = JsonMapper.shared().readTree(text);
            return json instanceof ObjectNode object ? object : null;
        } catch (JacksonException notJson) {
            return null;
        }
    }

    // Long conversations.

    /** True if the turn is over. */
    private boolean compactIfLong(Step step) throws ModelFailure, InterruptedException {
        Integer context = choice.model().options().contextTokens();
        double share = config.limits().compactAt();
        if (context == null || share >= 1 || Compaction.tokens(said) < share * context || !canCompact()) {
            return false; // what is too long after all, the provider refuses
        }
        if (!compact(step)) {
            return true;
        }
        if (Compaction.tokens(said) >= share * context) {
            throw ModelFailures.failure(
                    ModelFailure.Kind.TOO_LONG,
                    "The conversation is too long for " + choice.model().id()
                            + ", and a summary of it is, too. Send less at a time, start a new chat, or choose a model"
                            + " with a larger context.");
        }
        return false;
    }

    /** What the user said last is kept word for word, so without an answer before it a summary would save nothing. */
    private boolean canCompact() {
        return conversation().stream().anyMatch(message -> message instanceof AiMessage);
    }

    /** False if the turn is over. */
    private boolean compact(Step step) throws ModelFailure, InterruptedException {
        ModelAnswer answer = summary(step);
        if (answer == null) {
            return false;
        }
        observer.summedUp(answer.model().id());
        ObjectNode marks = Marks.of(Marks.Kind.SUMMARY, answer.account().put("step", step.number() - 1));
        turn.artifact(step.summaryId()).annotate(marks);
        said.add(step.message(
                new Artifact(step.summaryId(), "summary", null, List.of(Part.text(answer.said())), marks, List.of())));
        return true;
    }

    /** Null if the turn is over. */
    private @Nullable ModelAnswer summary(Step step) throws ModelFailure, InterruptedException {
        ModelConfig other = config.summaries();
        if (other != null && !other.id().equals(choice.model().id())) {
            try {
                return summary(step, other.withRetry(ModelRetry.NEVER));
            } catch (ModelFailure failure) {
                turn.status(failure.getMessage() + " The chat's own model sums it up.");
                step.tryAgain();
            }
        }
        return summary(step, choice.model());
    }

    private @Nullable ModelAnswer summary(Step step, ModelConfig model) throws ModelFailure, InterruptedException {
        return calls.ask(
                turn,
                model,
                null,
                ChatRequest.builder()
                        .messages(Compaction.request(conversation(model.provider())))
                        .build(),
                step,
                Marks.Kind.SUMMARY);
    }
}
