"""Films: frames through the engine for photographs, steady within a scene; needs PyAV. No stage depends on it."""
