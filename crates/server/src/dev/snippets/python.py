# get_token.py
import os

from auth0.authentication import GetToken

auth0 = GetToken(
    os.environ["AUTH0_DOMAIN"],
    os.environ["AUTH0_CLIENT_ID"],
    client_secret=os.environ["AUTH0_CLIENT_SECRET"],
)
print(auth0.client_credentials(os.environ["AUTH0_AUDIENCE"])["access_token"])
