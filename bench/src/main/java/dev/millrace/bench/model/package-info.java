/** What a server adds to a model: the same request to a provider straight, and to an agent that asks the provider. */
@NullMarked
package dev.millrace.bench.model;

import org.jspecify.annotations.NullMarked;
