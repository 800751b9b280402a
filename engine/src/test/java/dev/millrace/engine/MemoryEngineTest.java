package dev.millrace.engine;

import dev.millrace.engine.store.Store;
import dev.millrace.engine.store.memory.MemoryStore;

class MemoryEngineTest extends EngineContract {
    @Override
    Store open() {
        return new MemoryStore();
    }

    @Override
    void chunks_are_merged_when_the_task_has_ended_and_a_reader_in_their_midst_still_ends_right() {
        // A memory store does not survive the engine's close; MemoryStoreTest has the merge.
        engine = new Engine(new MemoryStore(), AgentCatalog.of("test", WithEngine::echo), EngineSettings.defaults());
    }
}
