/**
 * The doors that OpenAI's clients know: {@code /v1/chat/completions}, {@code /v1/responses} and {@code /v1/models}. Agents
 * stand behind them as models. A response is a task of the engine, read off its journal as every other stream is; what a
 * client leaves in OpenAI's words is put into ours here, and back. {@code docs/api/openai.md} is its page for callers.
 */
@NullMarked
package dev.millrace.server.openai;

import org.jspecify.annotations.NullMarked;
