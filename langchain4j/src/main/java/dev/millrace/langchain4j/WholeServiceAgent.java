package dev.millrace.langchain4j;

import dev.millrace.agents.ModelFailure;
import dev.millrace.engine.Agent;
import dev.millrace.engine.Turn;

/** Answers with a service that gives its answer when it is whole. */
record WholeServiceAgent(LangChainAgent.WholeService service) implements Agent {
    @Override
    public void run(Turn turn) throws ModelFailure, InterruptedException {
        String message = turn.message().text();
        if (message.isBlank()) {
            turn.reject(ServiceAgent.NO_TEXT);
            return;
        }
        turn.say(answer(message, turn));
    }

    private String answer(String message, Turn turn) throws ModelFailure, InterruptedException {
        try {
            return service.answer(message, turn.contextId());
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            if (turn.cancelled() || Thread.interrupted()) {
                throw new InterruptedException("the turn is over"); // LangChain4j wraps what an interrupt throws
            }
            throw ModelFailure.thrown(e);
        }
    }
}
