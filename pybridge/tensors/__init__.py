"""Create, inspect and operate on tensors: NumPy names and semantics, thin over TensorFlow."""
