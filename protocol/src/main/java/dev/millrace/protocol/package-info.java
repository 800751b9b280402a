/**
 * A2A's words as records and sealed interfaces: what an agent is told and what it makes.
 *
 * <p>The model is that of A2A v1.0 (package {@code lf.a2a.v1} of the specification's {@code a2a.proto}), name by name.
 * Four rules hold for every type of this module:
 *
 * <ul>
 *   <li>Values are immutable and safe to share between threads. JSON-valued fields (metadata, data, params) are Jackson
 *       trees, which are immutable by convention: who hands one over no longer changes it, and copies it to change it.
 *   <li>A list is never null: it is copied when it comes in, and an absent one is empty.
 *   <li>An optional field is {@code @Nullable}; a required one is checked by the constructor.
 *   <li>An enum has no {@code UNSPECIFIED} constant: on the wire that value means "absent".
 * </ul>
 *
 * <p>The JSON of these types is in {@code dev.millrace.protocol.json}; what the operations take and give is in
 * {@code dev.millrace.protocol.operation}.
 */
@NullMarked
package dev.millrace.protocol;

import org.jspecify.annotations.NullMarked;
