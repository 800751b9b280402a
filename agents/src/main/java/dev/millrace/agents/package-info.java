@NullMarked
package dev.millrace.agents;

import org.jspecify.annotations.NullMarked;
