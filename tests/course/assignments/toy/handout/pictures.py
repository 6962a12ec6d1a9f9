"""No pictures: there are no images here."""
