from colorization.inference import PhotoColorizer as PhotoColorizer
from colorization.inference import load as load
