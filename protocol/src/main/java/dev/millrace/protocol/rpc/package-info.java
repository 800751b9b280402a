/**
 * JSON-RPC 2.0, the envelope of A2A over plain HTTP: requests, responses, errors, and ids kept exactly as given.
 *
 * <p>Only the envelope is here: what a method's parameters and results are is said by
 * {@link dev.millrace.protocol.json.A2aJson}. Batches, which A2A does not speak of, are refused.
 */
@NullMarked
package dev.millrace.protocol.rpc;

import org.jspecify.annotations.NullMarked;
