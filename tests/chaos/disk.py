def run(work, undisturbed): return {}, []
