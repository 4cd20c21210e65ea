from colorization.app.colorizer import PhotoColorizer as PhotoColorizer
from colorization.app.colorizer import load as load
