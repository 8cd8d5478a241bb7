/**
 * TensorFlow.js as a backend.
 */

export {};
