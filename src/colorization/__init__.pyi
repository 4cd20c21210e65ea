from colorization.photo.colorizer import PhotoColorizer as PhotoColorizer
from colorization.photo.colorizer import load as load

__version__: str
