"""What every part uses and decides no number: errors, files, processes, parameters, paths. No stage depends on it."""
