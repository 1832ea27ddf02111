"""Scripts and settings for one session, made for the customer's computer. Knows neither Flask nor the database."""
