/**
 * The JSON of A2A's types, as ProtoJSON wants it. {@link dev.millrace.protocol.json.A2aJson} is the front door.
 *
 * <p>Writing:
 *
 * <ul>
 *   <li>Names are lowerCamelCase, enums are their proto names, bytes are base64, times are UTC with a {@code Z} and
 *       milliseconds (A2A v1.0, 5.6.1).
 *   <li>What is absent is left out: no nulls, no empty optional lists, no empty optional strings, no false flags without
 *       presence. A required field is always there, an empty list included.
 * </ul>
 *
 * <p>Reading takes what any ProtoJSON parser must take, and what peers are known to send:
 *
 * <ul>
 *   <li>A field by its JSON name or its proto name ({@code messageId}, {@code message_id}); both at once is an error.
 *       Unknown fields are ignored. The same key twice in one object is malformed.
 *   <li>Null counts as absent (but is a value in {@code data}), and so do an empty optional string and an enum's
 *       {@code UNSPECIFIED}: some peers print defaults.
 *   <li>Other peers leave defaults out, as ProtoJSON printers do: an absent required <em>list</em> or <em>number</em>
 *       reads as empty or 0, and an absent {@code nextPageToken} as "". The exception is a message's {@code parts}, which
 *       must be there; in a request there must be at least one.
 *   <li>An enum by name or number; an integer as a number or a string; base64 in either alphabet, padded or not; a time
 *       with any offset (RFC 3339).
 *   <li>A required string must be there; one that identifies something (a message, task or artifact id) must not be
 *       empty.
 * </ul>
 *
 * <p>Text is Unicode: half of a surrogate pair, which UTF-8 cannot carry, becomes U+FFFD in either direction. Who cuts
 * text into chunks must not cut a pair.
 *
 * <p>Two exceptions, and no other, come out of reading: {@link dev.millrace.protocol.json.MalformedJson} for bytes that
 * are no JSON (or over a limit), {@link dev.millrace.protocol.json.InvalidField} for JSON that does not say what it must,
 * with the path to the field.
 */
@NullMarked
package dev.millrace.protocol.json;

import org.jspecify.annotations.NullMarked;
