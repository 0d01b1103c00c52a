"""Azure's LLM inference traces of 2023 and 2024: CSV with the time and the tokens of each request, and nothing else.

Source: github.com/Azure/AzurePublicDataset, `AzureLLMInferenceDataset2023.md` and `…2024.md`, read 2026-11-23. A time
without a zone is UTC here as everywhere; of its seven decimals the store keeps six. No model, no provider.
The multimodal trace of 2025 is not read: it counts images beside tokens, and no price knows what they were.
"""

from llmaudit.readers.shape import ABSENT, ANY, NUMBER, TEXT, Reader
from llmaudit.store import load_sql

READER = Reader(
    name="azure-llm-trace",
    provider_name=None,
    recognised_by=({"TIMESTAMP": ANY, "ContextTokens": ANY, "GeneratedTokens": ANY, "NumImages": ABSENT},),
    columns={"TIMESTAMP": TEXT, "ContextTokens": NUMBER, "GeneratedTokens": NUMBER},
    query=load_sql(__package__, "azure_llm_trace"),
    documentation="https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md",
    tabular=True,
)
